import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { FIRST_MS, paceAfter } from "../../src/tasks/pace.ts";

test("what does not change is asked for ever more rarely, up to every ten seconds", () => {
  const waits = [FIRST_MS];
  for (let n = 0; n < 5; n += 1) waits.push(paceAfter(waits.at(-1) ?? 0, false));
  deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  equal(paceAfter(10_000, true), 1_000);
});
