import { equal } from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, pathOf, stepAt } from "../../src/camera/plot_path.ts";

test("an axis ends at a round number above all values", () => {
  for (const [most, end] of [[0, 1], [1, 1], [10.01, 15], [7, 8], [25, 30], [100, 100], [987, 1000]] as const) equal(axisEnd([[most, null], [0]]), end);
  equal(axisEnd([]), 1);
});

test("what is not known is a gap", () => {
  equal(pathOf([0, 5, null, 10, null, null, 5, 5], 10, 100), "M0 100L1 50M3 0h.5M6 50L7 50");
  equal(pathOf([null], 1, 100), "");
});

test("each place is a step", () => {
  equal(stepAt(-1, 10), 0);
  equal(stepAt(0.5, 11), 5);
  equal(stepAt(2, 10), 9);
});
