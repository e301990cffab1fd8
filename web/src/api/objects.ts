/** Where the objects of the fleet are. */

export type KindName = "Camera" | "DsInstance" | "Node";

export const PLURALS: Readonly<Record<KindName, string>> = {
  Camera: "cameras",
  DsInstance: "dsinstances",
  Node: "nodes",
};

export interface FleetObject {
  apiVersion: string;
  kind: KindName;
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
  };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** The path of all objects of a kind, or of one. */
export function objectPath(kind: KindName, name?: string): string {
  const all = `/apis/dsfleet.io/v1/${PLURALS[kind]}`;
  return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
}
