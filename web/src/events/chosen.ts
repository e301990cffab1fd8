/** Which events are shown, and in which order: pure. */
import type { Labels, Selector } from "../wall/selector.ts";
import type { FleetEvent } from "./events.ts";

export interface Filters {
  text: string;
  type: "" | "Warning" | "Normal";
  kind: string;
  /** Null selects everything, objects that are not there any more, too. */
  selects: Selector | null;
  /** In ms since 1970; null for no bound. */
  from: number | null;
  to: number | null;
}

/** Ranges that end now, in ms. */
export const RANGES: Readonly<Record<string, number>> = {
  "15m": 900_000,
  "1h": 3_600_000,
  "6h": 21_600_000,
  "1d": 86_400_000,
};

/** Those that match; one that repeats is there when any of it is in the range.
 *
 * @param labelsOf the labels of the object of an event; undefined when there is none.
 */
export function found(
  events: Iterable<FleetEvent>,
  filters: Filters,
  labelsOf: (event: FleetEvent) => Labels | undefined,
): FleetEvent[] {
  const { text, type, kind, selects, from, to } = filters;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return Array.from(events).filter((one) => {
    if (type !== "" && one.isWarning !== (type === "Warning")) return false;
    if (kind !== "" && one.kind !== kind) return false;
    if ((from !== null && one.last < from) || (to !== null && one.first > to)) return false;
    const said = `${one.name} ${one.reason} ${one.message}`.toLowerCase();
    if (!words.every((word) => said.includes(word))) return false;
    if (selects === null) return true;
    const labels = labelsOf(one);
    return labels !== undefined && selects(labels);
  });
}

/** The newest first; of one second, by their versions. */
export function sorted(events: readonly FleetEvent[]): FleetEvent[] {
  return events.toSorted(
    (a, b) => b.last - a.last || b.version.length - a.version.length || (b.version > a.version ? 1 : -1),
  );
}

/** An event with what came of it, the first of that first. */
export interface Folded {
  event: FleetEvent;
  effects: Folded[];
  /** How many there are below it, at any depth. */
  all: number;
  warnings: number;
  /** When something of all that was told last, in ms since 1970. */
  newest: number;
}

/** Each event below the one that it came of, where that is shown, too. What something happened in last comes first.
 *
 * @param events the newest first.
 * @param warningsFirst that in which there is a warning comes before all else.
 */
export function folded(
  events: readonly FleetEvent[],
  causes: ReadonlyMap<string, string>,
  warningsFirst: boolean,
): Folded[] {
  const nodes = new Map<string, Folded>(
    events.map((event) => [event.key, { event, effects: [], all: 0, warnings: 0, newest: event.last }]),
  );
  const roots: Folded[] = [];
  for (const node of nodes.values()) {
    const cause = nodes.get(causes.get(node.event.key) ?? "");
    if (cause === undefined) roots.push(node);
    else cause.effects.unshift(node);
  }
  const count = (node: Folded): void => {
    for (const effect of node.effects) {
      count(effect);
      node.all += 1 + effect.all;
      node.warnings += Number(effect.event.isWarning) + effect.warnings;
      node.newest = Math.max(node.newest, effect.newest);
    }
  };
  roots.forEach(count);
  const warns = ({ event, warnings }: Folded): number => Number(warningsFirst && (event.isWarning || warnings > 0));
  return roots.toSorted((a, b) => warns(b) - warns(a) || b.newest - a.newest);
}
