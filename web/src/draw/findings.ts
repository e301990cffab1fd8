/** What is wrong with what is drawn, as the controller would say it; it has the last word when one saves. */
import { cross, crossesItself, isSame, minus } from "./geometry.ts";
import { type Drawn, GROUPS, type Shape } from "./manifest.ts";
import { isRegion } from "./state.ts";

export type Fault = "name" | "taken" | "shared" | "outside" | "beyond" | "few" | "crosses" | "noLine" | "noWay" | "along";

export interface Finding {
  id: number;
  /** The point that it is about; null for the whole shape. */
  point: number | null;
  fault: Fault;
  /** What is refused cannot be saved; the rest counts nothing, or not what is meant. */
  refused: boolean;
}

const NAME = /^[A-Za-z0-9_-]+$/;
const REFUSED: ReadonlySet<Fault> = new Set(["name", "taken", "outside", "noLine", "noWay"]);

export function findingsOf(drawn: Drawn): Finding[] {
  return drawn.shapes.flatMap((shape) =>
    [...ofName(shape, drawn.shapes), ...ofPlace(shape, drawn), ...ofForm(shape)].map(([fault, point = null]) => ({
      id: shape.id,
      point,
      fault,
      refused: REFUSED.has(fault),
    })),
  );
}

type Found = [fault: Fault, point?: number];

function ofName({ id, kind, name }: Shape, all: readonly Shape[]): Found[] {
  if (!NAME.test(name)) return [["name"]];
  const same = all.filter((one) => one.id !== id && one.name === name);
  if (same.some((one) => GROUPS[one.kind][0] === GROUPS[kind][0])) return [["taken"]];
  return isRegion(kind) && same.some((one) => isRegion(one.kind)) ? [["shared"]] : [];
}

function ofPlace({ points, fractions }: Shape, { frame }: Drawn): Found[] {
  return points.flatMap(([x, y], index): Found[] => {
    if (!(x >= 0 && y >= 0)) return [["outside", index]];
    if (x <= frame.width && y <= frame.height) return [];
    return [[fractions ? "outside" : "beyond", index]];
  });
}

function ofForm({ kind, points }: Shape): Found[] {
  if (isRegion(kind)) {
    if (points.length < 3 || new Set(points.map(String)).size < 3) return [["few"]];
    return crossesItself(points) ? [["crosses"]] : [];
  }
  const [a, b, from, to] = kind === "line" ? points : [...points, ...points];
  if (a === undefined || b === undefined || from === undefined || to === undefined) return [["few"]];
  if (kind === "line" && isSame(a, b)) return [["noLine"]];
  if (isSame(from, to)) return [["noWay"]];
  return kind === "line" && cross(minus(to, from), minus(b, a)) === 0 ? [["along"]] : [];
}
