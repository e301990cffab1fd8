/** A DsInstance and what the API makes of it, as far as the page reads them. */
import type { FleetObject } from "../api/objects.ts";
import { objectPath } from "../api/objects.ts";
import type { Write } from "../api/previews.ts";
import type { Condition } from "../parts/conditions.tsx";

export interface InstanceObject extends FleetObject {
  spec: { replicas?: number; app?: { kind?: string }; [key: string]: unknown };
  status: {
    phase: string;
    message?: string;
    node: string | null;
    runsAs?: string;
    held?: string;
    image: string;
    imageId: string | null;
    imagePlatform: string | null;
    cameras: { ready: number | null; total: number };
    restarts: number | null;
    generation: number | null;
    upToDate: boolean | null;
    startedAt: string | null;
    conditions: Condition[];
  };
}

/** A version of an instance. */
export interface Version {
  number: number;
  /** Why it came; empty when nobody said that. */
  cause: string;
  image: string;
  isInForce: boolean;
  /** What a Deployment says of it. */
  template: unknown;
}

export interface ReplicaSets {
  items: {
    metadata: { annotations?: Record<string, string> };
    spec: { replicas: number; template: { spec: { containers: { image?: string }[] } } };
  }[];
}

const NUMBER = "deployment.kubernetes.io/revision";
const CAUSE = "kubernetes.io/change-cause";

/** The versions, the newest first.
 *
 * @param inForce the number of the one that the Deployment has.
 */
export function versionsOf(sets: ReplicaSets, inForce: number): Version[] {
  return sets.items
    .map(({ metadata, spec }) => {
      const number = Number(metadata.annotations?.[NUMBER]);
      const image = spec.template.spec.containers[0]?.image ?? "";
      return { number, cause: metadata.annotations?.[CAUSE] ?? "", image, isInForce: number === inForce, template: spec.template };
    })
    .sort((one, other) => other.number - one.number);
}

/** The number of the version in force, as a Deployment says it. */
export function numberInForce(deployment: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(deployment.metadata.annotations?.[NUMBER]);
}

export const deploymentPath = (name: string): string => `/apis/apps/v1/namespaces/default/deployments/${encodeURIComponent(name)}`;
export const versionsPath = (name: string): string =>
  `/apis/apps/v1/namespaces/default/replicasets?${new URLSearchParams({ labelSelector: `dsfleet.io/instance=${name}` })}`;

/** The write that goes back to a version. */
export function undoWrite(name: string, { template }: Version): Write {
  return {
    method: "PATCH",
    path: deploymentPath(name),
    body: [{ op: "replace", path: "/spec/template", value: template }],
    contentType: "application/json-patch+json",
  };
}

function specPatch(name: string, spec: Record<string, unknown>): Write {
  return { method: "PATCH", path: objectPath("DsInstance", name), body: { spec }, contentType: "application/merge-patch+json" };
}

/** The write that has the app started anew.
 *
 * @param at the time of now, in ms since 1970.
 */
export function restartWrite(name: string, at: number): Write {
  return specPatch(name, { restartedAt: new Date(at).toISOString() });
}

/** The write that has the instance run nowhere, or again. What is the default needs no word in the manifest. */
export function scaleWrite(name: string, isToRun: boolean): Write {
  return specPatch(name, { replicas: isToRun ? null : 0 });
}
