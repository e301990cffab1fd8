/** Where a point goes that is drawn near to something. */
import { type Frame, type Point, cross, distance, edges, inFrame, minus, nearestOn } from "./geometry.ts";
import { type Shape } from "./manifest.ts";
import { type State, isRegion } from "./state.ts";

export interface Near {
  /** How near it must be, in pixels of the frame. */
  within: number;
  /** The point that is moved, which does not hold itself. */
  moved?: { id: number; point: number };
  /** A way to this point goes along an axis, or at a right angle to the edge before: from the newest point back. */
  square?: readonly Point[];
}

/** The point of the frame that is meant: of another point, of the edge of the frame, of an edge of a shape, or the one that is given. */
export function snapped({ frame, shapes, draft }: Pick<State, "frame" | "shapes" | "draft">, at: Point, near: Near): Point {
  if (near.square?.[0] !== undefined) return inFrame(squared(at, near.square), frame);
  const others = [...points(shapes, near.moved), ...(draft?.points ?? [])];
  const point = nearest(others, at, near.within);
  if (point !== null) return point;
  const held = atFrame(at, frame, near.within);
  if (held !== null) return inFrame(held, frame);
  const onEdges = shapes.filter(({ id }) => id !== near.moved?.id).flatMap(edgesOf).map(([a, b]) => nearestOn(a, b, at));
  return inFrame(nearest(onEdges, at, near.within) ?? at, frame);
}

function points(shapes: readonly Shape[], moved: Near["moved"]): Point[] {
  return shapes.flatMap((one) => one.points.filter((_, index) => one.id !== moved?.id || index !== moved.point));
}

function edgesOf({ kind, points: all }: Shape): [Point, Point][] {
  return isRegion(kind) ? edges(all) : all.length >= 2 ? [[all[0], all[1]] as [Point, Point]] : [];
}

function nearest(all: readonly Point[], at: Point, within: number): Point | null {
  let found: Point | null = null;
  for (const one of all) if (distance(one, at) <= (found === null ? within : distance(found, at))) found = one;
  return found;
}

function atFrame([x, y]: Point, { width, height }: Frame, within: number): Point | null {
  const hold = (value: number, size: number): number => (value <= within ? 0 : value >= size - within ? size : value);
  const held: Point = [hold(x, width), hold(y, height)];
  return held[0] === x && held[1] === y ? null : held;
}

/** Of the ways from a point along the axes, and along and across the edge before it: where on the nearest of them one is. */
function squared(at: Point, [from, before]: readonly Point[]): Point {
  if (from === undefined) return at;
  const way = minus(at, from);
  const ways: Point[] = [[1, 0], [0, 1]];
  const edge = before === undefined ? [0, 0] as Point : minus(from, before);
  const length = Math.hypot(...edge);
  if (length > 0) ways.push([edge[0] / length, edge[1] / length], [-edge[1] / length, edge[0] / length]);
  const off = (one: Point): number => Math.abs(cross(one, way));
  const best = ways.reduce((one, other) => (off(other) < off(one) ? other : one));
  const along = best[0] * way[0] + best[1] * way[1];
  return [from[0] + best[0] * along, from[1] + best[1] * along];
}
