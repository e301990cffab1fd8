import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { rolloutOf } from "../../src/changes/rollout.ts";
import { instanceOf, nodeOf } from "../../src/live/rows.ts";

const node = (name: string, generations: (number | null)[], phase = "Ready") => nodeOf([name, phase, 1, "", ...generations, 0, null, {}, 0, "", null]);
const instance = (name: string, on: string | null, upToDate: number, replicas = 1) =>
  instanceOf([name, "Running", 1, "", on, 1, 1, 0, upToDate, {}, 1, null, replicas, null, "reference"]);

test("a node is behind until it was seen to run all that was published to it", () => {
  const nodes = [
    node("silent", [3, 3, 2], "Unknown"), node("done", [4, 4, 4]), node("deaf", [4, 3, 3]), node("slow", [4, 4, 3]),
    node("late", [4, 4, 4]), node("new", [null, null, null]),
  ];
  const { total, done, behind } = rolloutOf(nodes, [instance("a", "done", 1), instance("b", "late", 0), instance("c", "slow", 0)]);
  deepEqual([total, done], [5, 1]);
  deepEqual(
    behind.map((one) => [one.node.name, one.lacks, one.instances.map(({ name }) => name)]),
    [["deaf", "observed", []], ["late", "instances", ["b"]], ["slow", "applied", ["c"]], ["silent", "silent", []]],
  );
});

test("what is on no node is told, unless that is wanted", () => {
  const { unplaced } = rolloutOf([], [instance("nowhere", null, 0), instance("off", null, 0, 0)]);
  deepEqual(unplaced.map(({ name }) => name), ["nowhere"]);
});

test("a fleet that runs what was published is at its end", () => {
  equal(rolloutOf([node("a", [1, 1, 1])], [instance("x", "a", 1)]).behind.length, 0);
});
