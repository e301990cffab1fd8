/** A plan in numbers: pure. */
import type { Plan, PlannedChange } from "../api/previews.ts";

export interface Totals {
  added: number;
  removed: number;
  interrupted: number;
  /** Instances that go to another node. */
  moved: number;
  /** How long cameras will be dark at most, as it was the last time; null when nobody knows. */
  blindSeconds: number | null;
}

/** What a plan does to cameras. */
export function totalsOf({ changes }: Pick<Plan, "changes">): Totals {
  const sum = (count: (change: PlannedChange) => number): number => changes.reduce((all, one) => all + count(one), 0);
  const known = changes.filter(({ camerasInterrupted }) => camerasInterrupted.length > 0).map((one) => one.expectedBlindSeconds);
  return {
    added: sum((one) => one.camerasAdded.length),
    removed: sum((one) => one.camerasRemoved.length),
    interrupted: sum((one) => one.camerasInterrupted.length),
    moved: sum((one) => (one.kind === "move" ? 1 : 0)),
    blindSeconds: known.includes(null) ? null : Math.max(0, ...known.map(Number)),
  };
}
