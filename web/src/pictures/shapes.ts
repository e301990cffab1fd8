/** Lines and regions of cameras, as their manifests say them. */
import { type Signal, signal } from "@preact/signals";
import { ask } from "../api/ask.ts";
import { type FleetObject, objectPath } from "../api/objects.ts";
import { cameras } from "../live/fleet.ts";

export type Point = readonly [number, number];

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
  const analytics = spec["analytics"] ?? {};
  const lines = Object.entries<any>(analytics.lineCrossing?.lines ?? {});
  const kinds = [analytics.roiFiltering?.regions, analytics.overcrowding?.regions];
  return {
    width: analytics.frame?.width ?? spec["width"] ?? NO_SHAPES.width,
    height: analytics.frame?.height ?? spec["height"] ?? NO_SHAPES.height,
    lines: lines.map(([name, one]) => ({ name, direction: one.direction ?? [], line: one.line ?? [] })),
    regions: kinds.flatMap((regions) =>
      Object.entries<any>(regions ?? {}).map(([name, one]) => ({ name, points: Array.isArray(one) ? one : (one?.points ?? one?.region ?? []) })),
    ),
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
