import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Filters, folded, found, sorted } from "../../src/events/chosen.ts";
import { type EventLog, after, eventOf } from "../../src/events/events.ts";
import { selectorOf } from "../../src/wall/selector.ts";

const core = (name: string, resourceVersion: string, more: object = {}) => ({
  metadata: { name, resourceVersion },
  involvedObject: { kind: "Camera", name: name.split(".")[0] ?? "" },
  type: "Normal", reason: "CameraReady", message: "Live", count: 1,
  firstTimestamp: "2026-11-30T10:00:00Z", lastTimestamp: "2026-11-30T10:00:00Z", ...more,
});
const ALL: Filters = { text: "", type: "", kind: "", selects: null, from: null, to: null };
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

test("what happened since takes the place of what was told before", () => {
  const log: EventLog = { events: new Map(["a.1", "b.1"].map((name) => [name, eventOf(core(name, "10"))])), version: "10" };
  const lines = line("MODIFIED", core("a.1", "11", { count: 2 })) + line("DELETED", core("b.1", "12")) + line("ADDED", core("c.1", "13"));
  const next = after(log, lines);
  deepEqual([...(next?.events.values() ?? [])].map(({ key, count }) => [key, count]), [["a.1", 2], ["c.1", 1]]);
  equal(next?.version, "13");
  equal(after(log, ""), log, "nothing happened: it is the very same");
  equal(after(log, line("ERROR", { code: 410 })), null, "it is too old");
});

test("events are found by text, type, kind, the labels of their objects and the time", () => {
  const events = [
    eventOf(core("dock.1", "1", { type: "Warning", reason: "CameraNotReady", message: "Stalled: no frame" })),
    eventOf(core("gate.1", "2", { firstTimestamp: "2026-11-30T08:00:00Z", lastTimestamp: "2026-11-30T12:00:00Z" })),
    eventOf(core("gone.1", "3")),
  ];
  const labels: Record<string, Record<string, string>> = { dock: { site: "hq" }, gate: { site: "x" } };
  const names = (filters: Partial<Filters>) => found(events, { ...ALL, ...filters }, ({ name }) => labels[name]).map(({ name }) => name);
  deepEqual(names({}), ["dock", "gate", "gone"]);
  deepEqual(names({ text: "FRAME dock" }), ["dock"]);
  deepEqual(names({ type: "Warning" }), ["dock"]);
  deepEqual(names({ kind: "Node" }), []);
  deepEqual(names({ selects: selectorOf("site!=hq") }), ["gate"], "who is gone has no labels");
  deepEqual(names({ from: Date.parse("2026-11-30T11:00:00Z") }), ["gate"]);
  deepEqual(names({ to: Date.parse("2026-11-30T09:00:00Z") }), ["gate"], "it began before");
});

test("the newest come first, by their versions within a second; what has a warning in it before all others on demand", () => {
  const events = [
    eventOf(core("a.1", "9")), eventOf(core("b.1", "10")), eventOf(core("d.1", "11", { lastTimestamp: "2026-11-30T08:00:00Z" })),
    eventOf(core("c.1", "1", { type: "Warning", lastTimestamp: "2026-11-30T09:00:00Z" })),
  ];
  const causes = new Map([["c.1", "d.1"]]);
  const names = (warningsFirst: boolean) => folded(sorted(events), causes, warningsFirst).map(({ event }) => event.name);
  deepEqual(sorted(events).map(({ name }) => name), ["b", "a", "c", "d"]);
  deepEqual(names(false), ["b", "a", "d"]);
  deepEqual(names(true), ["d", "b", "a"]);
});
