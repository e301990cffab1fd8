/** The fleet as this page knows it. */
import { batch, computed, signal } from "@preact/signals";
import { LiveObjects } from "./objects.ts";
import { type CameraRow, type FleetRow, type InstanceRow, type NodeRow, type Said, cameraOf, instanceOf, nodeOf } from "./rows.ts";

const byLabels = (labels: Record<string, string>): string => JSON.stringify(labels);

export const cameras = new LiveObjects<CameraRow>((one) =>
  [one.ready, one.reason, one.instances, one.nodes, byLabels(one.labels)].join("\n"),
);
export const instances = new LiveObjects<InstanceRow>((one) =>
  [one.ready, one.phase, one.node, one.upToDate, one.heldBy, one.replicas, byLabels(one.labels)].join("\n"),
);
export const nodes = new LiveObjects<NodeRow>((one) =>
  [one.ready, one.phase, one.unschedulable, one.applied === one.published, one.camerasUsed, byLabels(one.labels)].join("\n"),
);
export const fleet = signal<FleetRow>({ revision: "", pending: null, problems: 0, starting: null, superseded: null });

/** Whether what is shown is of now: when the controller was heard last, by this machine's clock. */
export const live = signal<{ state: "starting" | "live" | "away"; heardAt: number; why: string }>({
  state: "starting",
  heardAt: 0,
  why: "",
});

/** Up to which version of the controller's objects everything is known here; empty before the first snapshot. */
export let version = "";

/** What the clock of the controller shows more than ours, in ms: ages are told by its clock. */
export const clockAhead = signal(0);

/** The time of now, by our clock, once a second. */
export const now = signal(Date.now());
export const controllerNow = computed(() => now.value + clockAhead.value);

/** Takes in all there is.
 *
 * @param meanwhile changes that were told while it was under way: those that it does not hold are taken in after it.
 * @returns as `takeChange` does.
 */
export function takeSnapshot(said: Said, meanwhile: readonly Said[] = []): boolean {
  return batch(() => {
    cameras.replace((said.cameras ?? []).map(cameraOf));
    instances.replace((said.instances ?? []).map(instanceOf));
    nodes.replace((said.nodes ?? []).map(nodeOf));
    if (said.fleet) fleet.value = said.fleet;
    version = said.version;
    heard(said.at);
    return meanwhile.map(takeChange).every((isWhole) => isWhole);
  });
}

/** Takes in what changed; what is older than what is known is passed by.
 *
 * @returns false when something happened before it that was not told here: then all has to be asked for.
 */
export function takeChange(said: Said): boolean {
  return batch(() => {
    heard(said.at);
    if (version === "" || isOlder(said.version, version)) return true;
    if (said.after !== undefined && isOlder(version, said.after)) return false;
    cameras.put((said.cameras ?? []).map(cameraOf), said.gone?.cameras);
    instances.put((said.instances ?? []).map(instanceOf), said.gone?.instances);
    nodes.put((said.nodes ?? []).map(nodeOf), said.gone?.nodes);
    if (said.fleet) fleet.value = said.fleet;
    version = said.version;
    return true;
  });
}

/** The controller was heard.
 *
 * @param at by its own clock, in ms since 1970.
 */
export function heard(at: number): void {
  clockAhead.value = Math.abs(at - Date.now()) > 2000 ? at - Date.now() : 0;
  live.value = { state: "live", heardAt: Date.now(), why: "" };
}

/** The controller is not heard any more. */
export function away(why: string): void {
  live.value = { ...live.peek(), state: live.peek().heardAt ? "away" : "starting", why };
}

/** Versions are whole numbers beyond what a float holds. */
function isOlder(one: string, other: string): boolean {
  return one.length === other.length ? one < other : one.length < other.length;
}
