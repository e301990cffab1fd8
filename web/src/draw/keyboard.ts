/** Keys on the picture: everything that is done with a mouse. */
import { plus, type Point } from "./geometry.ts";
import { type Action, type State, acted, isRegion, shapeOf } from "./state.ts";

const WAYS: Readonly<Record<string, Point>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR_PX = 10;

export interface Pressed {
  key: string;
  shiftKey: boolean;
}

/** What a key does here; null when it means nothing, and the browser does what it always does. */
export function actionOf(state: State, { key, shiftKey }: Pressed): Action | null {
  const { draft, selected } = state;
  const way = WAYS[key];
  if (way !== undefined) return moved(state, way.map((step) => step * (shiftKey ? FAR_PX : 1)) as unknown as Point);
  if (draft !== null) {
    if (key === " ") return { do: "place" };
    if (key === "Enter") return isRegion(draft.kind) && draft.points.length >= 3 ? { do: "close" } : { do: "place" };
    return key === "Delete" || key === "Backspace" ? { do: "undo" } : null;
  }
  if (key === "Tab") {
    const step: Action = { do: "step", by: shiftKey ? -1 : 1 };
    return acted(state, step).selected === null ? null : step;
  }
  if (selected === null) return null;
  const { id, point } = selected;
  switch (key) {
    case "Delete":
    case "Backspace":
      return { do: "remove", id, point };
    case "i":
      return { do: "insert", id, after: point ?? 0 };
    case "f":
      return { do: "flip", id };
    case "a":
      return { do: "square", id };
    default:
      return null;
  }
}

function moved(state: State, way: Point): Action | null {
  const { draft, selected } = state;
  if (draft !== null) return { do: "cursor", to: plus(draft.cursor, way) };
  const points = shapeOf(state, selected?.id)?.points;
  const from = points?.[selected?.point ?? 0];
  if (selected === null || from === undefined) return null;
  const { id, point } = selected;
  const gesture = `keys ${id} ${point}`;
  return point === null ? { do: "carry", id, to: plus(from, way), gesture } : { do: "move", id, point, to: plus(from, way), gesture };
}
