/** What is drawn, and what each act makes of it: pure. */
import { arrowAcross, flipped, followed } from "./arrow.ts";
import { type Point, inFrame, isSame, isSamePath, middle, minus, plus } from "./geometry.ts";
import type { Drawn, Kind, Shape } from "./manifest.ts";

/** A shape that is being drawn. */
export interface Draft {
  readonly kind: Kind;
  readonly points: readonly Point[];
  /** Where the next point would be. */
  readonly cursor: Point;
}

/** A shape, or one of its points. */
export interface Selected {
  readonly id: number;
  readonly point: number | null;
}

export interface State extends Drawn {
  readonly past: readonly (readonly Shape[])[];
  readonly future: readonly (readonly Shape[])[];
  readonly selected: Selected | null;
  readonly draft: Draft | null;
  /** Acts of the same gesture are undone as one. */
  readonly gesture: string;
}

export type Action =
  | { do: "begin"; kind: Kind }
  | { do: "cursor"; to: Point }
  | { do: "place"; at?: Point }
  | { do: "close" }
  | { do: "escape" }
  | { do: "select"; selected: Selected | null }
  | { do: "step"; by: 1 | -1 }
  /** Moves a point; one that is typed may lie outside of the frame, to be told so. */
  | { do: "move"; id: number; point: number; to: Point; gesture: string; typed?: boolean }
  /** Moves a whole shape, so that its first point comes to lie there, or as near as the frame lets it. */
  | { do: "carry"; id: number; to: Point; gesture: string }
  | { do: "insert"; id: number; after: number; at?: Point }
  | { do: "remove"; id: number; point?: number | null }
  | { do: "rename"; id: number; name: string }
  | { do: "kind"; id: number; kind: Kind }
  | { do: "flip"; id: number }
  | { do: "square"; id: number }
  | { do: "undo" }
  | { do: "redo" };

const MOST_PAST = 200;
/** How many points a shape of a kind has when it is done; regions have as many as one likes. */
const NEEDED: Readonly<Record<Kind, number>> = { line: 2, direction: 2, region: 3, crowd: 3 };

export const isRegion = (kind: Kind): boolean => kind === "region" || kind === "crowd";

export function begun(drawn: Drawn): State {
  return { ...drawn, past: [], future: [], selected: null, draft: null, gesture: "" };
}

export function shapeOf(state: Drawn, id: number | undefined): Shape | undefined {
  return state.shapes.find((one) => one.id === id);
}

/** A name that no shape has yet. */
export function freeName(shapes: readonly Shape[], kind: Kind): string {
  const taken = new Set(shapes.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = `${kind}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** What an act makes of what is drawn. An act that changes nothing gives the very same state. */
export function acted(state: State, action: Action): State {
  switch (action.do) {
    case "begin": {
      const { width, height } = state.frame;
      return { ...state, selected: null, gesture: "", draft: { kind: action.kind, points: [], cursor: inFrame([width / 2, height / 2], state.frame) } };
    }
    case "cursor":
      return state.draft === null ? state : { ...state, draft: { ...state.draft, cursor: inFrame(action.to, state.frame) } };
    case "place":
      return placed(state, inFrame(action.at ?? state.draft?.cursor ?? [0, 0], state.frame));
    case "close":
      return closed(state);
    case "escape":
      if (state.draft !== null) return { ...state, draft: null };
      return state.selected === null ? state : { ...state, selected: null };
    case "select":
      return { ...state, selected: action.selected, gesture: "" };
    case "step":
      return stepped(state, action.by);
    case "undo": {
      if (state.draft !== null) return { ...state, draft: unplaced(state.draft) };
      const before = state.past.at(-1);
      if (before === undefined) return state;
      return shown({ ...state, shapes: before, past: state.past.slice(0, -1), future: [state.shapes, ...state.future], gesture: "" });
    }
    case "redo": {
      const [next, ...future] = state.future;
      if (next === undefined || state.draft !== null) return state;
      return shown({ ...state, shapes: next, past: [...state.past, state.shapes], future, gesture: "" });
    }
    default:
      return edited(state, action);
  }
}

type Edit = Extract<Action, { id: number }>;

function edited(state: State, action: Edit): State {
  const gesture = "gesture" in action ? action.gesture : action.do === "rename" ? `rename ${action.id}` : "";
  const goesOn = gesture !== "" && gesture === state.gesture;
  const shape = shapeOf(state, action.id);
  // While a gesture goes on, all is told from where it began: nothing adds up by rounding.
  const from = goesOn ? (shapeOf({ ...state, shapes: state.past.at(-1) ?? [] }, action.id) ?? shape) : shape;
  if (shape === undefined || from === undefined) return state;
  const made = madeOf(state, action, from, shape);
  if (made !== null && isAlike(made, shape)) return state;
  const shapes = made === null ? state.shapes.filter((one) => one !== shape) : state.shapes.map((one) => (one === shape ? made : one));
  const kept = { ...state, shapes, future: [], gesture, past: goesOn ? state.past : [...state.past, state.shapes].slice(-MOST_PAST) };
  if (action.do === "insert") return { ...kept, selected: { id: shape.id, point: action.after + 1 } };
  return shown(kept);
}

/** What an edit makes of a shape; null when it is gone. */
function madeOf(state: State, action: Edit, from: Shape, shape: Shape): Shape | null {
  const { frame } = state;
  const { points } = from;
  switch (action.do) {
    case "move": {
      const to = action.typed ? action.to : inFrame(action.to, frame);
      const moved = points.map((one, index) => (index === action.point ? to : one));
      if (from.kind !== "line" || action.point > 1) return { ...shape, points: moved };
      return { ...shape, points: [...moved.slice(0, 2), ...followed(points, moved, frame)] };
    }
    case "carry":
      return { ...shape, points: carried(points, action.to, state) };
    case "insert": {
      const [a, b] = [points[action.after], points[(action.after + 1) % points.length]];
      if (!isRegion(from.kind) || a === undefined || b === undefined) return shape;
      return { ...shape, points: points.toSpliced(action.after + 1, 0, inFrame(action.at ?? middle(a, b), frame)) };
    }
    case "remove":
      if (action.point == null || !isRegion(from.kind) || points.length <= NEEDED[from.kind]) return null;
      return { ...shape, points: points.toSpliced(action.point, 1) };
    case "rename":
      return { ...shape, name: action.name };
    case "kind":
      return isRegion(shape.kind) && isRegion(action.kind) ? { ...shape, kind: action.kind } : shape;
    case "flip":
      if (shape.kind === "direction") return { ...shape, points: points.toReversed() };
      return shape.kind === "line" ? { ...shape, points: [...points.slice(0, 2), ...flipped(points, frame)] } : shape;
    case "square":
      return shape.kind === "line" ? { ...shape, points: [...points.slice(0, 2), ...arrowAcross(points, frame)] } : shape;
  }
}

function isAlike(one: Shape, other: Shape): boolean {
  return one.name === other.name && one.kind === other.kind && isSamePath(one.points, other.points);
}

function carried(points: readonly Point[], to: Point, { frame }: Drawn): readonly Point[] {
  const [first] = points;
  if (first === undefined) return points;
  const wanted = minus(to, first).map(Math.round);
  const [dx, dy] = [frame.width, frame.height].map((size, axis) => {
    const all = points.map((point) => point[axis as 0 | 1]);
    const [least, most] = [Math.min(0, -Math.min(...all)), Math.max(0, size - Math.max(...all))];
    return Math.min(most, Math.max(least, wanted[axis] ?? 0));
  }) as [number, number];
  return dx === 0 && dy === 0 ? points : points.map((point) => plus(point, [dx, dy]));
}

function placed(state: State, at: Point): State {
  const { draft } = state;
  if (draft === null) return state;
  const [first] = draft.points;
  if (isRegion(draft.kind) && first !== undefined && draft.points.length >= 3 && isSame(first, at)) return closed(state);
  const last = draft.points.at(-1);
  if (last !== undefined && isSame(last, at)) return state;
  const next = { ...state, draft: { ...draft, points: [...draft.points, at], cursor: at } };
  return !isRegion(draft.kind) && next.draft.points.length === NEEDED[draft.kind] ? closed(next) : next;
}

/** Ends what is being drawn; too few points are no shape yet. */
function closed(state: State): State {
  const { draft, frame, shapes } = state;
  if (draft === null || draft.points.length < NEEDED[draft.kind]) return state;
  const points = draft.kind === "line" ? [...draft.points, ...arrowAcross(draft.points, frame)] : draft.points;
  // Numbers are never given twice, not even to what is drawn after something was undone.
  const all = [...state.past, shapes, ...state.future].flat();
  const id = 1 + Math.max(0, ...all.map((one) => one.id));
  const shape: Shape = { id, kind: draft.kind, name: freeName(shapes, draft.kind), points, fractions: state.assumed };
  const past = [...state.past, shapes].slice(-MOST_PAST);
  return { ...state, shapes: [...shapes, shape], past, future: [], gesture: "", draft: null, selected: { id, point: null } };
}

function unplaced(draft: Draft): Draft | null {
  return draft.points.length === 0 ? null : { ...draft, points: draft.points.slice(0, -1) };
}

/** Goes on to the next shape or point; behind the last one nothing is selected. */
function stepped(state: State, by: 1 | -1): State {
  const all: Selected[] = state.shapes.flatMap(({ id, points }) => [{ id, point: null }, ...points.map((_, point) => ({ id, point }))]);
  const { selected } = state;
  const at = selected === null ? -1 : all.findIndex(({ id, point }) => id === selected.id && point === selected.point);
  const next = selected === null && by < 0 ? all.length - 1 : at + by;
  return { ...state, selected: all[next] ?? null, gesture: "" };
}

/** Nothing is selected that is not there. */
function shown(state: State): State {
  const { selected } = state;
  if (selected === null) return state;
  const shape = shapeOf(state, selected.id);
  if (shape === undefined) return { ...state, selected: null };
  if (selected.point === null || selected.point < shape.points.length) return state;
  return { ...state, selected: { id: shape.id, point: shape.points.length - 1 } };
}
