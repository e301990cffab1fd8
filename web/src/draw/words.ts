/** What is drawn, in words. */
import { t } from "../texts/en.ts";
import type { Kind } from "./manifest.ts";
import type { State } from "./state.ts";

/** What is being done, for people. */
export function says({ draft, selected, shapes }: State): string {
  if (draft !== null) {
    const { kind, points, cursor } = draft;
    const text = t.draw.drafts[kind === "crowd" ? "region" : kind](points.length);
    return `${text} ${t.draw.keysOfDraft} (${cursor.join(", ")})`;
  }
  const shape = shapes.find(({ id }) => id === selected?.id);
  if (shape === undefined || selected === null) return "";
  const at = shape.points[selected.point ?? 0] ?? [0, 0];
  const what = selected.point === null ? t.draw.kind[shape.kind] : pointName(shape.kind, selected.point);
  return t.draw.at(`${shape.name}, ${what}`, Math.round(at[0]), Math.round(at[1]));
}

/** What a point of a shape is called. */
export function pointName(kind: Kind, point: number): string {
  if (kind === "line" || kind === "direction") return t.draw.points[kind][point] ?? "";
  return t.draw.points.corner(point + 1);
}
