/** Whether the fleet has room for what one node carries, were it lost. By capacity alone: selectors may allow less. */
import type { NodeRow } from "../live/rows.ts";

export interface Headroom {
  /** Camera streams, of the nodes whose capacity is known. */
  used: number;
  capacity: number;
  /** The node whose loss would leave most streams without room, and how many; null when any one may be lost. */
  worst: { name: string; streams: number } | null;
}

/** Null where there is nothing to say: with less than two nodes of known capacity. */
export function headroomOf(nodes: readonly NodeRow[]): Headroom | null {
  const known = nodes.filter((one) => one.camerasCapacity !== null);
  if (known.length < 2) return null;
  const room = (one: NodeRow): number =>
    one.ready === "ready" && !one.unschedulable ? Math.max(0, (one.camerasCapacity ?? 0) - one.camerasUsed) : 0;
  const free = known.reduce((sum, one) => sum + room(one), 0);
  let worst: Headroom["worst"] = null;
  for (const one of known) {
    const streams = one.camerasUsed - (free - room(one));
    if (streams > 0 && streams > (worst?.streams ?? 0)) worst = { name: one.name, streams };
  }
  const sum = (of: (one: NodeRow) => number): number => known.reduce((all, one) => all + of(one), 0);
  return { used: sum((one) => one.camerasUsed), capacity: sum((one) => one.camerasCapacity ?? 0), worst };
}
