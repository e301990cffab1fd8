/** The rows that the controller sends: arrays, to be short. Each is read in one place, here. */

export type Ready = "ready" | "dark" | "unknown";

export interface CameraRow {
  name: string;
  ready: Ready;
  reason: string;
  message: string;
  /** Since when it is so, in ms since 1970. */
  since: number | null;
  fps: number | null;
  instances: string[];
  nodes: string[];
  labels: Record<string, string>;
  generation: number;
  cause: string | null;
}

export interface InstanceRow {
  name: string;
  phase: string;
  ready: Ready;
  message: string;
  node: string | null;
  camerasReady: number;
  camerasTotal: number;
  restarts: number;
  upToDate: boolean;
  labels: Record<string, string>;
  generation: number;
  heldBy: string | null;
  replicas: number;
  since: number | null;
  app: string;
}

export interface NodeRow {
  name: string;
  phase: string;
  ready: Ready;
  message: string;
  published: number | null;
  observed: number | null;
  applied: number | null;
  camerasUsed: number;
  camerasCapacity: number | null;
  labels: Record<string, string>;
  unschedulable: boolean;
  agentVersion: string;
  lastSeen: number | null;
}

export interface FleetRow {
  revision: string;
  pending: string | null;
  problems: number;
  starting: string | null;
  superseded: string | null;
}

export interface Said {
  version: string;
  /** The version that changes are told from: who knows an older one misses something. */
  after?: string;
  at: number;
  cameras?: unknown[][];
  instances?: unknown[][];
  nodes?: unknown[][];
  gone?: { cameras?: string[]; instances?: string[]; nodes?: string[] };
  fleet?: FleetRow;
}

function ready(value: unknown): Ready {
  return value === 1 ? "ready" : value === 0 ? "dark" : "unknown";
}

export function cameraOf(row: any[]): CameraRow {
  const [name, isReady, reason, message, since, fps, instances, nodes, labels, generation, cause] = row;
  return { name, ready: ready(isReady), reason: reason ?? "", message: message ?? "", since: since ?? null,
    fps: fps ?? null, instances: instances ?? [], nodes: nodes ?? [], labels: labels ?? {},
    generation: generation ?? 0, cause: cause ?? null };
}

export function instanceOf(row: any[]): InstanceRow {
  const [name, phase, isReady, message, node, camerasReady, camerasTotal, restarts, upToDate, labels, generation,
    heldBy, replicas, since, app] = row;
  return { name, phase: phase ?? "", ready: ready(isReady), message: message ?? "", node: node ?? null,
    camerasReady: camerasReady ?? 0, camerasTotal: camerasTotal ?? 0, restarts: restarts ?? 0,
    upToDate: upToDate === 1, labels: labels ?? {}, generation: generation ?? 0, heldBy: heldBy ?? null,
    replicas: replicas ?? 1, since: since ?? null, app: app ?? "" };
}

export function nodeOf(row: any[]): NodeRow {
  const [name, phase, isReady, message, published, observed, applied, camerasUsed, camerasCapacity, labels,
    unschedulable, agentVersion, lastSeen] = row;
  return { name, phase: phase ?? "", ready: ready(isReady), message: message ?? "", published: published ?? null,
    observed: observed ?? null, applied: applied ?? null, camerasUsed: camerasUsed ?? 0,
    camerasCapacity: camerasCapacity ?? null, labels: labels ?? {}, unschedulable: unschedulable === 1,
    agentVersion: agentVersion ?? "", lastSeen: lastSeen ?? null };
}
