import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Point } from "../../src/draw/geometry.ts";
import { actionOf } from "../../src/draw/keyboard.ts";
import { drawnOf } from "../../src/draw/manifest.ts";
import { type Held, type Target, pressed, pulled, released } from "../../src/draw/pointer.ts";
import { type State, acted, begun } from "../../src/draw/state.ts";

const SPEC = {
  width: 640,
  height: 360,
  analytics: {
    lineCrossing: { lines: { gate: { direction: [[320, 180], [320, 280]], line: [[100, 180], [540, 180]] } } },
    roiFiltering: { regions: { yard: [[20, 20], [200, 20], [200, 100]] } },
  },
};
const START = begun(drawnOf(SPEC));
const EMPTY = begun(drawnOf({ width: 640, height: 360 }));

/** Presses keys one after the other; `!` is with Shift. */
function typed(state: State, keys: string): State {
  return keys.split(" ").reduce((now, word) => {
    const [shiftKey, key] = [word.startsWith("!"), word.replace("!", "")];
    const action = actionOf(now, { key: key === "Space" ? " " : key, shiftKey });
    return action === null ? now : acted(now, action);
  }, state);
}

/** Presses, pulls through some points, and lets go. */
function pull(state: State, target: Target | null, ways: readonly Point[], isSquare = false): State {
  const at = (point: Point) => ({ at: point, within: 8, isSquare });
  const [first = [0, 0] as Point, ...rest] = ways;
  const begin = pressed(state, at(first), target, "pull 1");
  let now = begin.actions.reduce(acted, state);
  const held: Held | null = begin.held;
  for (const point of rest) {
    const action = pulled(now, at(point), held);
    if (action !== null) now = acted(now, action);
  }
  const end = released(now, at(ways.at(-1) ?? first), held);
  return end === null ? now : acted(now, end);
}

test("a line is drawn by keys alone", () => {
  const begin = acted(EMPTY, { do: "begin", kind: "line" });
  const state = typed(begin, "!ArrowLeft ArrowUp Space !ArrowRight !ArrowRight ArrowDown Enter");
  deepEqual(state.shapes[0]?.points.slice(0, 2), [[310, 179], [330, 180]]);
});

test("a region is closed by Enter when it has three corners", () => {
  const begin = acted(EMPTY, { do: "begin", kind: "region" });
  const state = typed(begin, "Space !ArrowRight Enter !ArrowDown Space Enter");
  deepEqual(state.shapes[0]?.points, [[320, 180], [330, 180], [330, 190]]);
});

test("keys move what is marked, and many steps are undone as one", () => {
  const state = typed(START, "Tab Tab ArrowRight !ArrowRight ArrowUp");
  deepEqual(state.shapes[0]?.points[0], [111, 179]);
  equal(acted(state, { do: "undo" }).shapes, START.shapes);
  deepEqual(typed(START, "Tab !ArrowDown").shapes[0]?.points.slice(0, 2), [[100, 190], [540, 190]]);
});

test("Tab leaves the picture behind the last point, and before the first one", () => {
  equal(actionOf(START, { key: "Tab", shiftKey: false })?.do, "step");
  equal(actionOf(acted(START, { do: "step", by: -1 }), { key: "Tab", shiftKey: false }), null);
  equal(actionOf(acted(START, { do: "step", by: 1 }), { key: "Tab", shiftKey: true }), null);
});

test("Delete takes a corner, and a shape when it can have no fewer", () => {
  const more = typed(acted(START, { do: "select", selected: { id: 2, point: 1 } }), "i");
  equal(more.shapes[1]?.points.length, 4);
  equal(typed(more, "Delete").shapes[1]?.points.length, 3);
  equal(typed(more, "Delete Delete").shapes.length, 1);
});

test("a line is drawn in one pull, or by two clicks", () => {
  const begin = acted(EMPTY, { do: "begin", kind: "line" });
  const points = [[100, 180], [300, 180]];
  deepEqual(pull(begin, null, [[100, 180], [200, 190], [300, 180]]).shapes[0]?.points.slice(0, 2), points);
  deepEqual(pull(pull(begin, null, [[100, 180], [102, 181]]), null, [[300, 180]]).shapes[0]?.points.slice(0, 2), points);
});

test("a pull moves a point, and holds at others", () => {
  const state = pull(START, { id: 1, point: 0, edge: null }, [[100, 180], [60, 60], [198, 97]]);
  deepEqual(state.shapes[0]?.points[0], [200, 100]);
  equal(state.past.length, 1);
});

test("a pull moves a whole shape from where it was taken", () => {
  const state = pull(START, { id: 2, point: null, edge: null }, [[150, 40], [170, 60]]);
  deepEqual(state.shapes[1]?.points, [[40, 40], [220, 40], [220, 120]]);
});

test("with Shift, the arrow of a line stays across it", () => {
  const state = pull(START, { id: 1, point: 3, edge: null }, [[320, 280], [330, 250]], true);
  deepEqual(state.shapes[0]?.points[3], [320, 250]);
});

test("a new corner comes out of an edge", () => {
  const state = pull(START, { id: 2, point: null, edge: 0 }, [[110, 20], [110, 60]]);
  deepEqual(state.shapes[1]?.points, [[20, 20], [110, 60], [200, 20], [200, 100]]);
});

test("a press on nothing marks nothing", () => {
  const state = acted(START, { do: "select", selected: { id: 1, point: null } });
  equal(pull(state, null, [[600, 300]]).selected, null);
});
