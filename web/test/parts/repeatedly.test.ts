import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { repeatedly } from "../../src/parts/repeatedly.ts";

test("what is told many times is done once, again after that, and not when it was stopped", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const ends: (() => void)[] = [];
  const asking = repeatedly(() => new Promise((resolve) => ends.push(resolve)), 3_000);
  asking.soon();
  asking.soon();
  context.mock.timers.tick(0);
  equal(ends.length, 1);
  asking.soon();
  context.mock.timers.tick(10_000);
  equal(ends.length, 1, "the answer is waited for");
  ends[0]?.();
  await new Promise(setImmediate);
  const counts = [2_999, 1].map((ms) => (context.mock.timers.tick(ms), ends.length));
  deepEqual(counts, [1, 2], "after a pause");
  asking.stop();
  asking.soon();
  context.mock.timers.tick(10_000);
  equal(ends.length, 2);
});
