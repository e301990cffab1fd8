import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { inOrder, nextSort, sortOf, windowOf, withWords } from "../../src/listing/listing.ts";
import type { Ready } from "../../src/live/rows.ts";

const row = (name: string, ready: Ready, restarts: number | null = 0) => ({ name, ready, restarts });
const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name);

test("what is not well comes first, then names count as people count", () => {
  const rows = [row("node-10", "ready"), row("node-9", "ready"), row("node-2", "unknown"), row("node-3", "dark")];
  deepEqual(names(inOrder(rows, undefined, false)), ["node-3", "node-2", "node-9", "node-10"]);
});

test("a column sorts both ways, and what is not known stays at the end", () => {
  const rows = [row("a", "ready", 3), row("b", "dark", null), row("c", "ready", 20)];
  const by = ({ restarts }: (typeof rows)[number]) => restarts;
  deepEqual(names(inOrder(rows, by, false)), ["a", "c", "b"]);
  deepEqual(names(inOrder(rows, by, true)), ["c", "a", "b"]);
});

test("each click on the head of a column goes one step further: up, down, and back", () => {
  deepEqual([nextSort("", "node"), nextSort("node", "node"), nextSort("-node", "node"), nextSort("-node", "app")], [
    "node",
    "-node",
    "",
    "app",
  ]);
  deepEqual(sortOf("-node"), { key: "node", isDescending: true });
});

test("all words are searched for, in any order and case", () => {
  const rows = ["edge-1 site=hq Docker is gone", "edge-2 site=hq"];
  deepEqual(withWords(rows, " docker HQ ", (one) => one), [rows[0]]);
  equal(withWords(rows, "", (one) => one).length, 2);
});

test("a window holds what is seen and a little more, within what there is", () => {
  deepEqual(windowOf(1000, 38, 0, 380, 8), [0, 18]);
  deepEqual(windowOf(1000, 38, 3800, 380, 8), [92, 118]);
  deepEqual(windowOf(5, 38, 0, 380, 8), [0, 5]);
  deepEqual(windowOf(3, 38, 38_000, 380, 8), [3, 3], "the list became short while it was scrolled");
});
