import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { WrongSelector, selectorOf } from "../../src/wall/selector.ts";

const SITES = { a: { site: "hq", floor: "1" }, b: { site: "hq" }, c: { site: "yard", floor: "2" }, d: {} };

for (const [text, names] of [
  ["", "abcd"],
  ["site=hq", "ab"],
  ["site==hq,floor=1", "a"],
  ["site!=hq", "cd"],
  ["site in (hq, yard)", "abc"],
  ["site notin (hq)", "cd"],
  ["floor", "ac"],
  ["!floor", "bd"],
  ["floor in (1,2), site=yard", "c"],
] as const) {
  test(`selects by “${text}”`, () => {
    const selects = selectorOf(text);
    deepEqual(Object.entries(SITES).filter(([, labels]) => selects(labels)).map(([name]) => name).join(""), names);
  });
}

for (const wrong of ["site=h q", "in (a)", "=x", "site in hq", "a b"]) {
  test(`“${wrong}” is no selector`, () => throws(() => selectorOf(wrong), WrongSelector));
}
