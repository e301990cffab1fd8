import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cameraOf } from "../../src/live/rows.ts";
import { counted, found, grouped, labelKeys, sorted } from "../../src/wall/chosen.ts";
import { selectorOf } from "../../src/wall/selector.ts";

// By name, as the page holds them.
const CAMERAS = [
  cameraOf(["dock", 0, "Unreachable", "no answer from 10.0.0.9", 200, 0, ["yard"], ["n2"], { site: "port" }, 1]),
  cameraOf(["gate-9", 1, "FramesProcessed", "", 100, 25, ["door", "yard"], ["n1", "n2"], { site: "hq", area: "in" }, 1]),
  cameraOf(["gate-10", 1, "FramesProcessed", "", 100, 25, ["door"], ["n1"], { site: "hq" }, 1]),
  cameraOf(["lawn", -1, "NodeLost", "", 50, null, ["yard"], ["n2"], { site: "port" }, 1]),
  cameraOf(["roof", 0, "Stalled", "", 300, 0, [], [], {}, 1]),
];
const names = (cameras: readonly { name: string }[]): string[] => cameras.map(({ name }) => name);
const everything = selectorOf("");

test("the dark ones are first, the newest of them before the others", () => {
  deepEqual(names(sorted(CAMERAS)), ["roof", "dock", "lawn", "gate-9", "gate-10"]);
});

test("all words are looked for in name, reason and message", () => {
  const text = (one: string) => names(found(CAMERAS, { text: one, selects: everything, state: "all" }));
  deepEqual(text("gate"), ["gate-9", "gate-10"]);
  deepEqual(text("UNREACH 10.0"), ["dock"]);
  deepEqual(text("gate unreach"), []);
});

test("the counts are those of all states", () => {
  deepEqual(counted(CAMERAS), { all: 5, ready: 2, dark: 2, unknown: 1 });
});

test("groups with dark cameras are first, and what belongs to none is last of its like", () => {
  deepEqual(
    grouped(CAMERAS, "instance").map((group) => [group.name, group.ready, names(group.cameras)]),
    [
      ["yard", 1, ["dock", "lawn", "gate-9"]],
      ["", 0, ["roof"]],
      ["door", 2, ["gate-9", "gate-10"]],
    ],
  );
  deepEqual(names(grouped(CAMERAS, "label:site")), ["port", "", "hq"]);
});

test("labels that most cameras have are first", () => deepEqual(labelKeys(CAMERAS), ["site", "area"]));
