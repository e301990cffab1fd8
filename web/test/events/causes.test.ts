import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { causesOf } from "../../src/events/causes.ts";
import { folded, sorted } from "../../src/events/chosen.ts";
import type { FleetEvent } from "../../src/events/events.ts";

const T = 1_800_000_000_000;
const event = (key: string, kind: string, name: string, reason: string, atSeconds: number, isWarning = false): FleetEvent => ({
  key, kind, name, reason, isWarning, message: "", count: 1, first: T, last: T + atSeconds * 1000, version: String(atSeconds),
});
const ties = {
  camera: (name: string) => (name === "dock" ? { instances: ["yard"], nodes: ["node-b"] } : undefined),
  instance: (name: string) => (name === "yard" ? { node: "node-b" } : undefined),
};

test("an edit, its generation, the restart and the camera that goes dark for it are one after another", () => {
  const events = [
    event("approved", "Fleet", "fleet", "RevisionApproved", 0),
    event("accepted", "Fleet", "fleet", "RevisionAccepted", 0),
    event("published", "Node", "node-b", "GenerationPublished", 1),
    event("observed", "Node", "node-b", "GenerationObserved", 2),
    event("starting", "DsInstance", "yard", "Starting", 3),
    event("loop", "DsInstance", "yard", "CrashLoopBackOff", 20, true),
    event("dark", "Camera", "dock", "CameraNotReady", 22, true),
  ];
  const causes = causesOf(events, ties);
  deepEqual(Object.fromEntries(causes), {
    accepted: "approved", published: "accepted", observed: "published", starting: "published", loop: "published", dark: "loop",
  });
  const [root, ...others] = folded(sorted(events), causes, false);
  equal(others.length, 0);
  deepEqual([root?.all, root?.warnings, root?.newest], [6, 2, T + 22_000]);
  deepEqual(root?.effects[0]?.effects[0]?.effects.map((one) => one.event.key), ["observed", "starting", "loop"], "as they came");
});

test("what is good explains no trouble, what came later nothing, and what is long ago neither", () => {
  const events = [
    event("lost", "Node", "node-b", "NodeLost", 0, true),
    event("late", "DsInstance", "yard", "Unknown", 61, true),
    event("back", "DsInstance", "yard", "Running", 5),
    event("before", "DsInstance", "yard", "Unhealthy", -1, true),
    event("elsewhere", "DsInstance", "entrance", "Unknown", 1, true),
    event("running", "Camera", "dock", "CameraNotReady", 6, true),
  ];
  deepEqual(Object.fromEntries(causesOf(events, ties)), { running: "before" });
});

test("what came of an event that is not shown stands for itself", () => {
  const dark = event("dark", "Camera", "dock", "CameraNotReady", 2, true);
  deepEqual(folded([dark], new Map([["dark", "lost"]]), false).map((one) => one.event.key), ["dark"]);
});
