import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { previewOf } from "../../src/api/previews.ts";
import { totalsOf } from "../../src/changes/totals.ts";

const plan = (changes: object[]) => previewOf({ summary: "2 changes", changes, parked: null, reasons: [], warnings: [] });

test("a plan in numbers: who is dark together is not dark one after another", () => {
  const changes = [
    { kind: "move", instance: "a", camerasInterrupted: ["x", "y"], expectedBlindSeconds: 4 },
    { kind: "update", instance: "b", camerasAdded: ["n"], camerasInterrupted: ["z"], expectedBlindSeconds: 2.5 },
    { kind: "remove", instance: "c", camerasRemoved: ["o"] },
  ];
  deepEqual(totalsOf(plan(changes)), { added: 1, removed: 1, interrupted: 3, moved: 1, blindSeconds: 4 });
});

test("how long it is dark is not known when one of the changes was never seen", () => {
  const changes = [{ camerasInterrupted: ["x"], expectedBlindSeconds: 4 }, { camerasInterrupted: ["z"] }];
  equal(totalsOf(plan(changes)).blindSeconds, null);
  equal(totalsOf(plan([])).blindSeconds, 0);
});
