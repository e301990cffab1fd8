import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { type Target, foundTargets } from "../../src/switcher/found.ts";

const TARGETS: Target[] = ["dock", "dock-2", "old-dock", "paddock", "gate"].map((name) => ({ room: "cameras", name }));
const names = (text: string, most = 9) => foundTargets(TARGETS, text, most).map(({ name }) => name);

test("the whole name goes before its beginning, that before a part, that before anywhere", () => {
  deepEqual(names("DOCK"), ["dock", "dock-2", "old-dock", "paddock"]);
  deepEqual(names("doc 2"), ["dock-2"]);
  deepEqual(names("dock", 1), ["dock"]);
});

test("nothing finds nothing", () => {
  deepEqual(names(" "), []);
  deepEqual(names("zz"), []);
});
