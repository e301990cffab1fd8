import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { nodeOf } from "../../src/live/rows.ts";
import { headroomOf } from "../../src/nodes/headroom.ts";

const node = (name: string, used: number, capacity: number | null, isReady = 1, unschedulable = 0) =>
  nodeOf([name, "", isReady, "", 1, 1, 1, used, capacity, {}, unschedulable, "", null]);

test("any one node may be lost while the others have room for its streams", () => {
  deepEqual(headroomOf([node("a", 4, 8), node("b", 4, 8)]), { used: 8, capacity: 16, worst: null });
});

test("the node whose loss leaves most streams without room is named, with how many", () => {
  deepEqual(headroomOf([node("a", 6, 8), node("b", 9, 10), node("c", 1, null)])?.worst, { name: "b", streams: 7 });
});

test("nodes that are dark or cordoned have no room for others", () => {
  deepEqual(headroomOf([node("a", 2, 8), node("b", 0, 8, 0), node("c", 0, 8, 1, 1)])?.worst, { name: "a", streams: 2 });
});

test("nothing is said of one node, or where no capacity is known", () => {
  equal(headroomOf([node("a", 2, 8)]), null);
  equal(headroomOf([node("a", 2, null), node("b", 2, null)]), null);
});
