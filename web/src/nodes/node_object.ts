/** A Node, as far as the page reads it. */
import type { FleetObject } from "../api/objects.ts";
import type { Condition } from "../parts/conditions.tsx";

export interface Ref {
  epoch: number;
  generation: number;
}

export interface Orphan {
  instance: string;
  nodeId: string;
  runtimeId: string;
  running: boolean;
  ports: number[];
  cameras: string[];
}

export interface NodeObject extends FleetObject {
  spec: { nodeId?: string; hostname?: string; gpus?: string[]; unschedulable?: boolean; [key: string]: unknown };
  status: {
    phase: string;
    message?: string;
    conditions?: Condition[];
    generation?: { published: Ref | null; observed: Ref | null; applied: Ref | null };
    capacity?: { cameras: number; limit: number | null };
    agentVersion?: string;
    driver?: string;
    address?: string;
    publicKeyFingerprint?: string;
    processors?: number;
    memoryMib?: number;
    lastSeen?: string | null;
    orphans?: Orphan[];
  };
}

/** The keys that a person may trust instead: those that the condition of a disputed key names. */
export function keysOffered(conditions: readonly Condition[]): string[] {
  const disputed = conditions.find(({ type, status }) => type === "KeyUndisputed" && status === "False");
  return [...new Set([...(disputed?.message ?? "").matchAll(/--key (sha256:[0-9a-f]{64})/g)].map(([, key]) => key ?? ""))];
}

/** A name for the manifest of a machine that asks to join. */
export function nameFor(hostname: string): string {
  return hostname.toLowerCase().replace(/[^a-z0-9.-]+/g, "-").replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "") || "node";
}
