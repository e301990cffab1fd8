/** Which event came of which other one: pure. */
import type { CameraRow, InstanceRow } from "../live/rows.ts";
import type { FleetEvent } from "./events.ts";

/** What came of another event came so soon after it, in ms. */
const SOON_MS = 60_000;
const PUBLISHED = "GenerationPublished";
const ACCEPTED = "RevisionAccepted";
const APPROVED = "RevisionApproved";
const PROGRESS: ReadonlySet<string> = new Set(["GenerationObserved", "GenerationApplied"]);

/** What is known of how the objects hang together. */
export interface Ties {
  camera: (name: string) => Pick<CameraRow, "instances" | "nodes"> | undefined;
  instance: (name: string) => Pick<InstanceRow, "node"> | undefined;
}

type Ref = readonly [kind: string, name: string];

/** What an object hangs on, the nearest first. */
function above({ kind, name }: FleetEvent, ties: Ties): Ref[] {
  if (kind === "Camera") {
    const camera = ties.camera(name);
    return [
      ...(camera?.instances ?? []).map((one): Ref => ["DsInstance", one]),
      ...(camera?.nodes ?? []).map((one): Ref => ["Node", one]),
    ];
  }
  if (kind === "DsInstance") {
    const node = ties.instance(name)?.node;
    return node == null ? [] : [["Node", node]];
  }
  return [];
}

/** Whether events of what something hangs on can be the cause of an event of it. */
function explains(cause: FleetEvent, effect: FleetEvent): boolean {
  if (cause.isWarning) return effect.isWarning;
  // A new generation restarts instances, and whatever becomes of that came of it.
  return cause.reason === PUBLISHED;
}

/** By the key of each event that came of another one, that one's key. It is the newest that explains it and was not told later. */
export function causesOf(events: readonly FleetEvent[], ties: Ties): Map<string, string> {
  const byObject = new Map<string, FleetEvent[]>();
  for (const event of events) {
    const key = `${event.kind}/${event.name}`;
    const known = byObject.get(key);
    if (known) known.push(event);
    else byObject.set(key, [event]);
  }
  const newest = (found: readonly FleetEvent[], effect: FleetEvent): FleetEvent | undefined =>
    found
      .filter(({ key, last }) => key !== effect.key && last <= effect.last && effect.last - last <= SOON_MS)
      .reduce<FleetEvent | undefined>((best, one) => (best === undefined || one.last >= best.last ? one : best), undefined);
  const revisions = (wanted: string): FleetEvent[] => events.filter(({ kind, reason }) => kind === "Fleet" && reason === wanted);
  const [accepted, approved] = [revisions(ACCEPTED), revisions(APPROVED)];
  const causes = new Map<string, string>();
  for (const effect of events) {
    let candidates: FleetEvent[][] = [];
    if (effect.kind === "Node" && effect.reason === PUBLISHED) candidates = [accepted];
    else if (effect.kind === "Fleet" && effect.reason === ACCEPTED) candidates = [approved];
    else if (effect.kind === "Node" && PROGRESS.has(effect.reason)) {
      candidates = [(byObject.get(`Node/${effect.name}`) ?? []).filter(({ reason }) => reason === PUBLISHED)];
    } else {
      candidates = above(effect, ties).map(([kind, name]) =>
        (byObject.get(`${kind}/${name}`) ?? []).filter((one) => explains(one, effect)),
      );
    }
    const cause = candidates.map((some) => newest(some, effect)).find((one) => one !== undefined);
    if (cause !== undefined) causes.set(effect.key, cause.key);
  }
  return causes;
}
