import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../../src/draw/findings.ts";
import { type Point, isSame, middle } from "../../src/draw/geometry.ts";
import { drawnOf, patchOf } from "../../src/draw/manifest.ts";
import { type Action, type State, acted, begun, isRegion } from "../../src/draw/state.ts";
import { chance, merged } from "./chance.ts";

const SPEC = {
  width: 640,
  height: 360,
  analytics: {
    lineCrossing: { lines: { gate: { direction: [[320, 180], [320, 280]], line: [[100, 180], [540, 180]] } }, mode: "strict" },
    roiFiltering: { regions: { yard: [[0, 0], [640, 0], [640, 360]] } },
    directionDetection: { directions: { north: [[10, 300], [10, 20]] } },
  },
};
const START = begun(drawnOf(SPEC));
const EMPTY = begun(drawnOf({ width: 640, height: 360 }));
const all = (state: State, ...actions: Action[]): State => actions.reduce(acted, state);

function anAction(state: State, next: () => number): Action {
  const number = (most: number): number => Math.floor(next() * most);
  const to: Point = [next() * 800 - 80, next() * 500 - 70];
  const { id = 0, points = [] } = state.shapes[number(state.shapes.length)] ?? {};
  const point = number(points.length);
  const gesture = ["", "drag"][number(2)] ?? "";
  const kinds = ["line", "region", "crowd", "direction"] as const;
  const kind = kinds[number(4)] ?? "line";
  const actions: Action[] = [
    { do: "begin", kind }, { do: "cursor", to }, { do: "place", at: to }, { do: "place", at: to }, { do: "place" }, { do: "close" },
    { do: "escape" }, { do: "select", selected: { id, point } }, { do: "step", by: next() < 0.5 ? 1 : -1 },
    { do: "move", id, point, to, gesture }, { do: "carry", id, to, gesture }, { do: "insert", id, after: point },
    { do: "remove", id, point }, { do: "remove", id }, { do: "rename", id, name: `name-${number(3)}` }, { do: "kind", id, kind },
    { do: "flip", id }, { do: "square", id }, { do: "undo" }, { do: "redo" },
  ];
  return actions[number(actions.length)] ?? { do: "escape" };
}

test("whatever one does, all points are whole pixels of the frame, and all of it can be undone and done again", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = chance(seed);
    let state = START;
    for (let step = 0; step < 120; step++) {
      const action = anAction(state, next);
      state = acted(state, action);
      for (const { kind, points } of state.shapes) {
        for (const [x, y] of points) {
          ok(Number.isInteger(x) && Number.isInteger(y) && x >= 0 && y >= 0 && x <= 640 && y <= 360, `${seed}: ${x};${y} after ${JSON.stringify(action)}`);
        }
        ok(isRegion(kind) ? points.length >= 3 : points.length === (kind === "line" ? 4 : 2));
      }
      equal(new Set(state.shapes.map(({ id }) => id)).size, state.shapes.length);
      const { selected } = state;
      if (selected !== null && selected.id !== 0) ok(state.shapes.some(({ id }) => id === selected.id));
    }
    const end = acted(state, { do: "escape" });
    const steps = end.past.length;
    let undone = end;
    for (let step = 0; step < steps; step++) undone = acted(undone, { do: "undo" });
    equal(undone.shapes, START.shapes);
    let done = undone;
    for (let step = 0; step < steps; step++) done = acted(done, { do: "redo" });
    equal(done.shapes, end.shapes);
  }
});

test("the patch makes the manifest say what is drawn", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = chance(seed);
    let state = START;
    for (let step = 0; step < 60; step++) state = acted(state, anAction(state, next));
    if (findingsOf(state).some(({ refused }) => refused)) continue;
    const patch = patchOf(SPEC, state.shapes);
    const made = drawnOf(patch === null ? SPEC : merged({ spec: SPEC }, patch).spec);
    const told = (shapes: State["shapes"]) => shapes.map(({ kind, name, points }) => ({ kind, name, points })).sort((one, other) => (`${one.kind} ${one.name}` < `${other.kind} ${other.name}` ? -1 : 1));
    deepEqual(told(made.shapes), told(state.shapes));
  }
});

test("a line that is drawn counts across its middle", () => {
  const state = all(EMPTY, { do: "begin", kind: "line" }, { do: "place", at: [100, 200] }, { do: "place", at: [300, 200] });
  deepEqual(state.shapes[0]?.points, [[100, 200], [300, 200], [200, 200], [200, 245]]);
  deepEqual(state.selected, { id: 1, point: null });
  equal(state.draft, null);
  equal(state.past.length, 1);
});

test("the arrow of a line at the edge points into the picture", () => {
  const state = all(EMPTY, { do: "begin", kind: "line" }, { do: "place", at: [100, 360] }, { do: "place", at: [300, 360] });
  deepEqual(state.shapes[0]?.points.slice(2), [[200, 360], [200, 315]]);
  const turned = acted(state, { do: "flip", id: 1 });
  deepEqual(turned.shapes[0]?.points.slice(2), [[200, 315], [200, 360]]);
});

test("an arrow in the middle of its line turns with it, and one elsewhere stays", () => {
  const move: Action = { do: "move", id: 1, point: 1, to: [100, 0], gesture: "a" };
  const turned = acted(START, move).shapes[0]?.points ?? [];
  ok(isSame(turned[2] ?? [0, 0], middle([100, 180], [100, 0])));
  deepEqual(turned[3], [200, 90]);
  const elsewhere = all(START, { do: "move", id: 1, point: 2, to: [330, 180], gesture: "" }, move);
  deepEqual(elsewhere.shapes[0]?.points.slice(2), [[330, 180], [320, 280]]);
});

test("a drag is one step, and does not add up what was rounded", () => {
  let state = START;
  for (let step = 0; step < 300; step++) state = acted(state, { do: "move", id: 1, point: 1, to: [540 - step, 180 - (step % 90)], gesture: "drag 1" });
  state = acted(state, { do: "move", id: 1, point: 1, to: [540, 180], gesture: "drag 1" });
  deepEqual(state.shapes[0]?.points, START.shapes[0]?.points);
  equal(state.past.length, 1);
  equal(acted(state, { do: "undo" }).shapes, START.shapes);
});

test("a whole shape stays in the frame and keeps its form", () => {
  const state = acted(START, { do: "carry", id: 1, to: [9_000, 9_000], gesture: "" });
  deepEqual(state.shapes[0]?.points, [[200, 260], [640, 260], [420, 260], [420, 360]]);
});

test("a flipped arrow counts the other way", () => {
  deepEqual(acted(START, { do: "flip", id: 1 }).shapes[0]?.points.slice(2), [[320, 180], [320, 80]]);
  deepEqual(acted(START, { do: "flip", id: 3 }).shapes[2]?.points, [[10, 20], [10, 300]]);
});

test("an act that changes nothing is the same state", () => {
  for (const action of [
    { do: "move", id: 1, point: 0, to: [100, 180], gesture: "" }, { do: "rename", id: 1, name: "gate" }, { do: "flip", id: 99 },
    { do: "insert", id: 1, after: 0 }, { do: "kind", id: 1, kind: "crowd" }, { do: "undo" }, { do: "redo" }, { do: "close" }, { do: "place" }, { do: "escape" },
  ] as Action[]) equal(acted(START, action), START, JSON.stringify(action));
});

test("Tab goes through all shapes and points, and out", () => {
  let state = START;
  const seen: string[] = [];
  for (;;) {
    state = acted(state, { do: "step", by: 1 });
    if (state.selected === null) break;
    seen.push(`${state.selected.id}.${state.selected.point ?? ""}`);
  }
  deepEqual(seen, ["1.", "1.0", "1.1", "1.2", "1.3", "2.", "2.0", "2.1", "2.2", "3.", "3.0", "3.1"]);
  deepEqual(acted(state, { do: "step", by: -1 }).selected, { id: 3, point: 1 });
});

test("a region is closed by its first point, or by Enter, and not before it has three", () => {
  const begin: Action[] = [{ do: "begin", kind: "region" }, { do: "place", at: [10, 10] }, { do: "place", at: [90, 10] }, { do: "close" }];
  const open = all(EMPTY, ...begin);
  equal(open.shapes.length, 0);
  for (const last of [{ do: "close" }, { do: "place", at: [10, 10] }] as const) {
    deepEqual(all(open, { do: "place", at: [90, 80] }, last).shapes[0]?.points, [[10, 10], [90, 10], [90, 80]]);
  }
  equal(all(open, { do: "undo" }).draft?.points.length, 1);
  equal(all(open, { do: "escape" }).draft, null);
});

test("the last points of a region go with it", () => {
  equal(acted(START, { do: "remove", id: 2, point: 0 }).shapes.length, 2);
  const more = acted(START, { do: "insert", id: 2, after: 2 });
  deepEqual(more.shapes[1]?.points, [[0, 0], [640, 0], [640, 360], [320, 180]]);
  deepEqual(more.selected, { id: 2, point: 3 });
  equal(acted(more, { do: "remove", id: 2, point: 3 }).shapes[1]?.points.length, 3);
});
