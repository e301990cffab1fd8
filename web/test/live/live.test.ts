import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { effect } from "@preact/signals";
import * as fleet from "../../src/live/fleet.ts";
import { nextWait } from "../../src/live/stream.ts";

const camera = (name: string, ready: number, fps = 25) => [name, ready, "R", "", 1, fps, [], [], {}, 1, null];

test("a change touches its own row, and older ones are passed by", () => {
  fleet.takeSnapshot({ version: "100", at: Date.now(), cameras: [camera("a", 1), camera("b", 1)] });
  const seen: string[] = [];
  const stop = effect(() => void seen.push(`a ${fleet.cameras.get("a")?.fps}`));
  const shape = fleet.cameras.shape.peek();
  fleet.takeChange({ version: "101", at: Date.now(), cameras: [camera("b", 1, 5)] });
  fleet.takeChange({ version: "102", at: Date.now(), cameras: [camera("a", 1, 7)] });
  fleet.takeChange({ version: "99", at: Date.now(), cameras: [camera("a", 1, 1)] });
  stop();
  deepEqual(seen, ["a 25", "a 7"]);
  equal(fleet.cameras.shape.peek(), shape, "frames per second change no list");
});

test("what went is gone, and a snapshot of another life counts although its version is lower", () => {
  fleet.takeSnapshot({ version: "200", at: Date.now(), cameras: [camera("a", 1), camera("b", 0)] });
  fleet.takeChange({ version: "201", at: Date.now(), gone: { cameras: ["a"] } });
  deepEqual(fleet.cameras.all().map(({ name }) => name), ["b"]);
  fleet.takeSnapshot({ version: "9", at: Date.now(), cameras: [camera("c", 1)] });
  deepEqual(fleet.cameras.all().map(({ name }) => name), ["c"]);
  fleet.takeChange({ version: "10", at: Date.now(), cameras: [camera("c", 0)] });
  equal(fleet.cameras.get("c")?.ready, "dark");
});

test("who waits for an object that is not there yet is told when it comes", () => {
  fleet.takeSnapshot({ version: "300", at: Date.now(), cameras: [] });
  const seen: (string | undefined)[] = [];
  const stop = effect(() => void seen.push(fleet.cameras.get("late")?.ready));
  fleet.takeChange({ version: "301", at: Date.now(), cameras: [camera("late", 1)] });
  stop();
  deepEqual(seen, [undefined, "ready"]);
});

test("attempts wait longer and longer, up to a bound", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7].reduce<number[]>((all) => [...all, nextWait(all.at(-1) ?? 0, 0.5)], []);
  deepEqual(waits.slice(0, 3), [500, 1000, 2000]);
  equal(waits.at(-1), 15_000);
});
