/** What a mouse or a finger does on the picture: pure, from one event to the next. */
import { type Point, distance, minus, plus } from "./geometry.ts";
import type { Shape } from "./manifest.ts";
import { type Near, snapped } from "./snap.ts";
import { type Action, type Selected, type State, isRegion, shapeOf } from "./state.ts";

/** What the pointer holds since it was pressed. */
export type Held =
  | { what: "point"; id: number; point: number; gesture: string }
  /** A whole shape, `off` is from its first point to where it was taken. */
  | { what: "shape"; id: number; off: Point; gesture: string }
  /** The point that was placed last: a line can be drawn in one pull. */
  | { what: "draft"; from: Point };

export interface Pointed {
  /** In the frame. */
  at: Point;
  /** How near something must be to hold a point, in pixels of the frame. */
  within: number;
  /** Shift, for right angles. */
  isSquare: boolean;
}

/** What lies below the pointer: a shape, a point of it, or the middle of an edge where one can come in. */
export interface Target extends Selected {
  edge: number | null;
}

function near({ within, isSquare }: Pointed, square: readonly (Point | undefined)[], moved?: Near["moved"]): Near {
  const points = square.filter((one) => one !== undefined);
  return { within, ...(moved ? { moved } : {}), ...(isSquare ? { square: points } : {}) };
}

/** Where a point of a draft would go. */
function drafted(state: State, pointed: Pointed): Point {
  const { draft } = state;
  return snapped(state, pointed.at, near(pointed, [draft?.points.at(-1), draft?.points.at(-2)]));
}

/** Where a point of a shape would go. */
function dragged(state: State, pointed: Pointed, id: number, point: number): Point {
  const shape = shapeOf(state, id);
  return shape === undefined ? pointed.at : snapped(state, pointed.at, near(pointed, neighbours(shape, point), { id, point }));
}

/** What right angles are to: the point beside this one, and one on the edge before it. */
function neighbours({ kind, points }: Shape, point: number): (Point | undefined)[] {
  const count = points.length;
  if (isRegion(kind)) return [points[(point + count - 1) % count], points[(point + count - 2) % count]];
  if (point < 2) return [points[1 - point]];
  // The arrow of a line goes across the line, or along it.
  const [a, b] = points;
  const other = points[5 - point];
  return [other, other && a && b && minus(plus(other, a), b)];
}

export function pressed(state: State, pointed: Pointed, target: Target | null, gesture: string): { actions: Action[]; held: Held | null } {
  if (state.draft !== null) {
    const at = drafted(state, pointed);
    return { actions: [{ do: "place", at }], held: isRegion(state.draft.kind) ? null : { what: "draft", from: at } };
  }
  const shape = shapeOf(state, target?.id);
  if (target === null || shape === undefined) return { actions: [{ do: "select", selected: null }], held: null };
  const { id, edge, point } = target;
  if (edge !== null) {
    return { actions: [{ do: "insert", id, after: edge, at: pointed.at }], held: { what: "point", id, point: edge + 1, gesture } };
  }
  const actions: Action[] = [{ do: "select", selected: { id, point } }];
  if (point !== null) return { actions, held: { what: "point", id, point, gesture } };
  return { actions, held: { what: "shape", id, off: minus(pointed.at, shape.points[0] ?? [0, 0]), gesture } };
}

export function pulled(state: State, pointed: Pointed, held: Held | null): Action | null {
  if (state.draft !== null) return { do: "cursor", to: drafted(state, pointed) };
  if (held === null || held.what === "draft") return null;
  const { id, gesture } = held;
  if (held.what === "shape") return { do: "carry", id, to: minus(pointed.at, held.off), gesture };
  return { do: "move", id, point: held.point, to: dragged(state, pointed, id, held.point), gesture };
}

/** A line that is pulled ends where the pointer is let go; one that is clicked goes on. */
export function released(state: State, pointed: Pointed, held: Held | null): Action | null {
  if (held?.what !== "draft" || state.draft === null || distance(held.from, pointed.at) <= pointed.within) return null;
  return { do: "place", at: drafted(state, pointed) };
}
