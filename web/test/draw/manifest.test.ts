import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Point } from "../../src/draw/geometry.ts";
import { type Shape, drawnOf, patchOf } from "../../src/draw/manifest.ts";
import { acted, begun } from "../../src/draw/state.ts";
import { merged } from "./chance.ts";

const GATE = { direction: [[320, 100], [320, 260]], line: [[100, 180], [540, 180]] };
const YARD = [[0, 0], [640, 0], [640, 360]];
const SPEC = {
  address: "rtsp://10.0.0.1/a",
  analytics: {
    frame: { width: 640, height: 360 },
    lineCrossing: { lines: { gate: GATE }, mode: "strict", classIds: [0] },
    roiFiltering: { regions: { yard: YARD }, inverseRoi: true },
    directionDetection: { directions: { north: [[10, 300], [10, 20]] } },
  },
};
const ids = (spec: object): Record<string, number> => Object.fromEntries(drawnOf(spec).shapes.map(({ name, id }) => [name, id]));
const without = (shapes: readonly Shape[], name: string): Shape[] => shapes.filter((one) => one.name !== name);

test("what is drawn already needs no patch", () => {
  equal(patchOf(SPEC, drawnOf(SPEC).shapes), null);
  equal(patchOf({ address: "rtsp://10.0.0.1/a" }, []), null);
});

test("a line is read as its ends and then its direction, however it is written", () => {
  const flat = { ...SPEC, analytics: { ...SPEC.analytics, lineCrossing: { lines: { gate: [320, 100, 320, 260, 100, 180, 540, 180] } } } };
  const points = [[100, 180], [540, 180], [320, 100], [320, 260]];
  for (const spec of [SPEC, flat]) deepEqual(drawnOf(spec).shapes[0]?.points, points);
});

test("only what differs is in the patch", () => {
  const state = acted(begun(drawnOf(SPEC)), { do: "move", id: ids(SPEC)["yard"]!, point: 0, to: [5, 6], gesture: "" });
  deepEqual(patchOf(SPEC, state.shapes), { spec: { analytics: { roiFiltering: { regions: { yard: [[5, 6], [640, 0], [640, 360]] } } } } });
});

test("a shape of a new name goes under its old one", () => {
  const state = acted(begun(drawnOf(SPEC)), { do: "rename", id: ids(SPEC)["gate"]!, name: "door" });
  deepEqual(patchOf(SPEC, state.shapes), { spec: { analytics: { lineCrossing: { lines: { gate: null, door: GATE } } } } });
});

test("a region can become one that may not be crowded", () => {
  const state = acted(begun(drawnOf(SPEC)), { do: "kind", id: ids(SPEC)["yard"]!, kind: "crowd" });
  deepEqual(patchOf(SPEC, state.shapes), { spec: { analytics: { roiFiltering: null, overcrowding: { regions: { yard: YARD } } } } });
});

test("a group goes with its last shape, and all of it where nothing is left", () => {
  deepEqual(patchOf(SPEC, without(drawnOf(SPEC).shapes, "gate")), { spec: { analytics: { lineCrossing: null } } });
  deepEqual(patchOf(SPEC, []), { spec: { analytics: { lineCrossing: null, roiFiltering: null, directionDetection: null } } });
  const alone = { analytics: { frame: null, lineCrossing: { lines: { gate: GATE } } } };
  deepEqual(patchOf(alone, []), { spec: { analytics: null } });
  const raw = { analytics: { lineCrossing: { lines: { gate: GATE }, extraKeys: { "line-crossing-raw": "1;2;3;4;5;6;7;8" } } } };
  deepEqual(patchOf(raw, []), { spec: { analytics: { lineCrossing: { lines: { gate: null } } } } });
});

test("without a known frame, what is new is drawn in fractions of the picture", () => {
  let state = begun(drawnOf({}));
  state = acted(state, { do: "begin", kind: "line" });
  state = acted(state, { do: "place", at: [480, 540] });
  state = acted(state, { do: "place", at: [1440, 540] });
  deepEqual(patchOf({}, state.shapes), {
    spec: { analytics: { lineCrossing: { lines: { "line-1": { direction: [[0.5, 0.5], [0.5, 0.625]], line: [[0.25, 0.5], [0.75, 0.5]] } } } } },
  });
});

test("points in fractions that stay are said as before, and never as whole numbers alone", () => {
  const spec = { analytics: { roiFiltering: { regions: { all: [[0, 0], [1, 0], [1, 0.123456789]] } } } };
  const region = (to: Point) =>
    patchOf(spec, acted(begun(drawnOf(spec)), { do: "move", id: 1, point: 2, to, gesture: "" }).shapes);
  deepEqual(region([960, 1080]), { spec: { analytics: { roiFiltering: { regions: { all: [[0, 0], [1, 0], [0.5, 1]] } } } } });
  deepEqual(region([1920, 1080]), { spec: { analytics: { roiFiltering: { regions: { all: [[0.0001, 0], [1, 0], [1, 1]] } } } } });
  const back = acted(begun(drawnOf(spec)), { do: "move", id: 1, point: 0, to: [192, 0], gesture: "" });
  deepEqual(patchOf(spec, back.shapes), {
    spec: { analytics: { roiFiltering: { regions: { all: [[0.1, 0], [1, 0], [1, 0.123456789]] } } } },
  });
});

test("fields that are not drawn stay as they are", () => {
  const state = acted(begun(drawnOf(SPEC)), { do: "flip", id: ids(SPEC)["gate"]! });
  const { analytics } = merged({ spec: SPEC }, patchOf(SPEC, state.shapes)).spec;
  deepEqual(analytics.lineCrossing, { lines: { gate: { ...GATE, direction: [[320, 260], [320, 100]] } }, mode: "strict", classIds: [0] });
});
