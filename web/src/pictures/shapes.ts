/** Lines and regions of cameras, as their manifests say them. */
import { type Signal, signal } from "@preact/signals";
import { ask } from "../api/ask.ts";
import { type FleetObject, objectPath } from "../api/objects.ts";
import type { Point } from "../draw/geometry.ts";
import { drawnOf } from "../draw/manifest.ts";
import { isRegion } from "../draw/state.ts";
import { cameras } from "../live/fleet.ts";

export type { Point };

export interface Line {
  name: string;
  /** From where to where one walks who is counted. */
  direction: readonly Point[];
  line: readonly Point[];
}

export interface Region {
  name: string;
  points: readonly Point[];
}

export interface Shapes {
  /** The size of the picture that the points are drawn in. */
  width: number;
  height: number;
  lines: Line[];
  regions: Region[];
}

const NO_SHAPES: Shapes = { width: 1920, height: 1080, lines: [], regions: [] };

/** The shapes in the spec of a camera. */
export function shapesOf(spec: Record<string, any>): Shapes {
  const { frame, shapes } = drawnOf(spec);
  const lines = shapes.filter(({ kind }) => kind === "line");
  return {
    ...frame,
    lines: lines.map(({ name, points }) => ({ name, line: points.slice(0, 2), direction: points.slice(2) })),
    regions: shapes.filter(({ kind }) => isRegion(kind)),
  };
}

const known = new Map<string, { generation: number; shapes: Signal<Shapes> }>();
const MOST_KNOWN = 1_000;

/** The shapes of a camera; they are asked for when its spec is another than that which is known. */
export function shapesOfCamera(name: string): Signal<Shapes> {
  const generation = cameras.get(name)?.generation ?? 0;
  let one = known.get(name);
  if (one === undefined || one.generation !== generation) {
    one = { generation, shapes: one?.shapes ?? signal(NO_SHAPES) };
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, one);
    const { shapes } = one;
    ask<FleetObject>(objectPath("Camera", name)).then(
      ({ spec }) => (shapes.value = shapesOf(spec)),
      () => known.delete(name),
    );
  }
  return one.shapes;
}
