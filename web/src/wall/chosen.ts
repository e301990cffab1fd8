/** Which cameras the wall shows, and in which order: pure. */
import type { CameraRow, Ready } from "../live/rows.ts";
import type { Selector } from "./selector.ts";

export interface Filters {
  text: string;
  selects: Selector;
  state: Ready | "all";
}

export interface Group {
  /** Its value of the label, the instance or the node; empty for those without. */
  name: string;
  ready: number;
  cameras: CameraRow[];
}

export type Counts = Record<Ready | "all", number>;

const ORDER: Readonly<Record<Ready, number>> = { dark: 0, unknown: 1, ready: 2 };
const compare = new Intl.Collator("en", { numeric: true }).compare;

/** Those that have the text in their name, reason or message, and the labels; whatever their state is. */
export function found(cameras: readonly CameraRow[], filters: Filters): CameraRow[] {
  const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return cameras.filter((one) => filters.selects(one.labels));
  return cameras.filter((one) => {
    const text = `${one.name} ${one.reason} ${one.message}`.toLowerCase();
    return words.every((word) => text.includes(word)) && filters.selects(one.labels);
  });
}

/** How many there are in each state. */
export function counted(cameras: readonly CameraRow[]): Counts {
  const counts: Counts = { all: cameras.length, ready: 0, dark: 0, unknown: 0 };
  for (const { ready } of cameras) counts[ready]++;
  return counts;
}

/** The dark ones first, those that are dark for the longest time after those that went dark just now; then as they were given: by name. */
export function sorted(cameras: readonly CameraRow[]): CameraRow[] {
  const each: Record<Ready, CameraRow[]> = { dark: [], unknown: [], ready: [] };
  for (const one of cameras) each[one.ready].push(one);
  each.dark.sort((one, other) => (other.since ?? 0) - (one.since ?? 0));
  return [...each.dark, ...each.unknown, ...each.ready];
}

/** What a camera is grouped by. */
export function groupsOf(camera: CameraRow, by: string): string[] {
  if (by === "") return [""];
  if (by === "instance" || by === "node") {
    const names = by === "instance" ? camera.instances : camera.nodes;
    return names.length > 0 ? names : [""];
  }
  return [camera.labels[by.replace(/^label:/, "")] ?? ""];
}

/** The groups, those with dark cameras first, each sorted. A camera that two instances watch is in both. */
export function grouped(cameras: readonly CameraRow[], by: string): Group[] {
  const groups = new Map<string, CameraRow[]>();
  for (const camera of cameras) {
    for (const name of groupsOf(camera, by)) {
      const members = groups.get(name);
      if (members) members.push(camera);
      else groups.set(name, [camera]);
    }
  }
  const worst = (group: Group): number => ORDER[group.cameras[0]?.ready ?? "ready"];
  return Array.from(groups, ([name, members]) => ({
    name,
    ready: members.filter(({ ready }) => ready === "ready").length,
    cameras: sorted(members),
  })).sort((one, other) => worst(one) - worst(other) || Number(one.name === "") - Number(other.name === "") || compare(one.name, other.name));
}

/** The keys of all labels, those that most cameras have first. */
export function labelKeys(cameras: readonly CameraRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { labels } of cameras) for (const key of Object.keys(labels)) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || compare(a, b)).map(([key]) => key);
}
