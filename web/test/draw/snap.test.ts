import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Point } from "../../src/draw/geometry.ts";
import { drawnOf } from "../../src/draw/manifest.ts";
import { inFramePixels, toFrame, toScreen } from "../../src/draw/projection.ts";
import { snapped } from "../../src/draw/snap.ts";
import { begun } from "../../src/draw/state.ts";
import { chance } from "./chance.ts";

const STATE = begun(
  drawnOf({ width: 640, height: 360, analytics: { roiFiltering: { regions: { yard: [[100, 100], [300, 100], [300, 300]] } } } }),
);

for (const [why, at, near, to] of [
  ["another point", [104, 97], { within: 8 }, [100, 100]],
  ["the edges of the frame", [3, 356], { within: 8 }, [0, 360]],
  ["one edge of the frame", [200, 357], { within: 8 }, [200, 360]],
  ["the edge of a region", [200, 105], { within: 8 }, [200, 100]],
  ["nothing", [400.4, 200.6], { within: 8 }, [400, 201]],
  ["not itself", [103, 97], { within: 8, moved: { id: 1, point: 0 } }, [103, 97]],
  ["the frame, from outside", [-50, 900], { within: 8 }, [0, 360]],
  ["a level way", [400, 104], { within: 8, square: [[100, 120]] }, [400, 120]],
  ["an upright way", [104, 300], { within: 8, square: [[100, 120]] }, [100, 300]],
  ["a right angle to the edge before", [58, 140], { within: 8, square: [[100, 100], [0, 0]] }, [59, 141]],
] as [string, Point, Parameters<typeof snapped>[2], Point][]) {
  test(`a point is held by ${why}`, () => deepEqual(snapped(STATE, at, near), to));
}

test("a point comes back from the screen as it went, at any size", () => {
  const next = chance(7);
  for (let round = 0; round < 500; round++) {
    const frame = { width: 16 + Math.floor(next() * 4000), height: 16 + Math.floor(next() * 3000) };
    const box = { left: next() * 500, top: next() * 500 - 250, width: 50 + next() * 2000, height: 50 + next() * 1500 };
    const point: Point = [Math.round(next() * frame.width), Math.round(next() * frame.height)];
    const [x, y] = toScreen(point, frame, box);
    const back = toFrame(x + box.left, y + box.top, frame, box).map(Math.round);
    deepEqual(back, point);
  }
  ok(Math.abs(inFramePixels(8, { width: 1920, height: 1080 }, { width: 960 }) - 16) < 1e-9);
});
