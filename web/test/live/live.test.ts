import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { effect } from "@preact/signals";
import * as fleet from "../../src/live/fleet.ts";
import { joined, nextWait } from "../../src/live/stream.ts";

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

test("what was told while a snapshot was under way is not lost", () => {
  fleet.takeSnapshot({ version: "220", at: Date.now(), cameras: [camera("a", 1), camera("b", 1)] });
  const told = [
    { after: "219", version: "220", at: Date.now(), cameras: [camera("a", 0)] },
    { after: "221", version: "222", at: Date.now(), cameras: [camera("b", 0)] },
  ];
  equal(fleet.takeSnapshot({ version: "221", at: Date.now(), cameras: [camera("a", 1), camera("b", 1)] }, told), true);
  deepEqual([fleet.cameras.get("a")?.ready, fleet.cameras.get("b")?.ready, fleet.version], ["ready", "dark", "222"]);
});

test("who missed a change is told that he did, and shows nothing that is not so", () => {
  fleet.takeSnapshot({ version: "230", at: Date.now(), cameras: [camera("a", 1)] });
  equal(fleet.takeChange({ after: "230", version: "231", at: Date.now() }), true);
  equal(fleet.takeChange({ after: "229", version: "232", at: Date.now() }), true, "more than was needed is no gap");
  equal(fleet.takeChange({ after: "240", version: "241", at: Date.now(), cameras: [camera("a", 0)] }), false);
  deepEqual([fleet.cameras.get("a")?.ready, fleet.version], ["ready", "232"]);
});

test("a change in several parts is one, also for who stands within it", () => {
  fleet.takeSnapshot({ version: "255", at: Date.now(), cameras: [camera("a", 1), camera("b", 1), camera("c", 1)] });
  const part = (version: string, rest: object) => ({ after: "250", version, at: Date.now(), ...rest });
  const first = part("250", { cameras: [camera("a", 0)], gone: { cameras: ["c"] } });
  equal(joined([first]), null);
  const whole = joined([first, part("260", { cameras: [camera("b", 0)] })]);
  equal(whole !== null && fleet.takeChange(whole), true);
  deepEqual(fleet.cameras.all().map(({ name, ready }) => [name, ready]), [["a", "dark"], ["b", "dark"]]);
  const alone = part("250", { fleet: fleet.fleet.peek() });
  deepEqual(joined([alone]), alone, "how the fleet is has no version");
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
