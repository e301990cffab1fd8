import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { blindSeconds, boundsOf, timesOf, totalOf } from "../../src/camera/history.ts";

test("each step has its time", () => deepEqual(timesOf({ from: 60_000, stepSeconds: 60, fps: [1, null, 2] }), [60, 120, 180]));

test("what is not known counts nothing", () => {
  equal(totalOf([1, null, 2]), 3);
  deepEqual(boundsOf([5, null, 2, null]), { now: null, least: 2, most: 5 });
  equal(boundsOf([null]), null);
});

test("only the blind time within what is shown is counted", () => {
  const blind = [
    { from: 0, to: 5_000, seconds: 5, cause: "" },
    { from: 20_000, to: 22_000, seconds: 2, cause: "" },
    { from: 29_000, to: null, seconds: 1, cause: "" },
  ];
  equal(blindSeconds(blind, 4_000, 30_000), 4);
});
