/** How far what was published has come, node by node: pure. */
import type { InstanceRow, NodeRow } from "../live/rows.ts";

export interface NodeRollout {
  node: NodeRow;
  /** Whether it has yet to accept what was published, to see it running, or is not heard; "instances" when only those are behind. */
  lacks: "observed" | "applied" | "instances" | "silent";
  /** Those on it that do not run what was published last, or are not there yet. */
  instances: InstanceRow[];
}

export interface Rollout {
  /** Those that something is published to. */
  total: number;
  done: number;
  behind: NodeRollout[];
  /** Wanted, and on no node. */
  unplaced: InstanceRow[];
}

const compare = new Intl.Collator("en", { numeric: true }).compare;

/** Which nodes do not run yet what was published to them, those that are not heard last. */
export function rolloutOf(nodes: readonly NodeRow[], instances: readonly InstanceRow[]): Rollout {
  const late = new Map<string, InstanceRow[]>();
  const unplaced: InstanceRow[] = [];
  for (const one of instances) {
    if (one.replicas === 0) continue;
    if (one.node === null) unplaced.push(one);
    else if (!one.upToDate) late.set(one.node, [...(late.get(one.node) ?? []), one]);
  }
  const told = nodes.filter(({ published }) => published !== null);
  const behind = told
    .map((node) => ({ node, lacks: lack(node, late.has(node.name)), instances: late.get(node.name) ?? [] }))
    .filter((one): one is NodeRollout => one.lacks !== null)
    .toSorted((a, b) => Number(a.lacks === "silent") - Number(b.lacks === "silent") || compare(a.node.name, b.node.name));
  return { total: told.length, done: told.length - behind.length, behind, unplaced };
}

function lack({ published, observed, applied, phase }: NodeRow, hasLate: boolean): NodeRollout["lacks"] | null {
  const isBehind = observed !== published || applied !== published || hasLate;
  if (!isBehind) return null;
  if (phase === "Unknown") return "silent";
  if (observed !== published) return "observed";
  return applied === published ? "instances" : "applied";
}
