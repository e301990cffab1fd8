/** From the spec of a camera to what is drawn, and back: as the merge patch that says only what differs. */
import { type Json, mergePatch } from "../api/merge_patch.ts";
import { type Frame, type Point, isSame, isSamePath } from "./geometry.ts";

/** A line that is crossed, a region that objects are looked for in, one that may hold so many of them, and a direction. */
export type Kind = "line" | "region" | "crowd" | "direction";

export interface Shape {
  /** Tells shapes apart while they are drawn; their names change. */
  readonly id: number;
  readonly kind: Kind;
  readonly name: string;
  /** In pixels of the frame. Of a line: its two ends, then from where to where one walks who is counted. */
  readonly points: readonly Point[];
  /** The manifest says its points as fractions of the picture. */
  readonly fractions: boolean;
}

export interface Drawn {
  readonly frame: Frame;
  /** True when nothing says how large the frame is: shapes in fractions need none, and shapes in pixels may not be. */
  readonly assumed: boolean;
  readonly shapes: readonly Shape[];
}

type Spec = Readonly<Record<string, any>>;

/** Where the shapes of each kind stand below `spec.analytics`. */
export const GROUPS: Readonly<Record<Kind, readonly [group: string, field: string]>> = {
  line: ["lineCrossing", "lines"],
  region: ["roiFiltering", "regions"],
  crowd: ["overcrowding", "regions"],
  direction: ["directionDetection", "directions"],
};
export const KINDS = Object.keys(GROUPS) as Kind[];

const ANY_FRAME: Frame = { width: 1920, height: 1080 };
const DIGITS = 4;

/** Points as a list of pairs; files may hold them as one list of numbers. */
function paired(value: any): Point[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] !== "number") return value;
  return value.flatMap((x, index) => (index % 2 === 0 ? [[x, value[index + 1]] as Point] : []));
}

/** The points of a shape, as they are said. */
function said(kind: Kind, value: any): Point[] {
  if (kind !== "line" || Array.isArray(value)) {
    const points = paired(value);
    return kind === "line" ? [...points.slice(2), ...points.slice(0, 2)] : points;
  }
  return [...paired(value?.line), ...paired(value?.direction)];
}

/** One number with a decimal point makes a shape one of fractions; whole numbers up to 1 can be nothing else that is meant. */
function isFractional(points: readonly Point[]): boolean {
  return points.length > 0 && points.every(([x, y]) => x <= 1 && y <= 1);
}

function valuesOf(spec: Spec, kind: Kind): [string, any][] {
  const [group, field] = GROUPS[kind];
  return Object.entries<any>(spec["analytics"]?.[group]?.[field] ?? {});
}

/** What is drawn in the spec of a camera. */
export function drawnOf(spec: Spec): Drawn {
  const size = [spec["analytics"]?.frame, spec, spec["capture"]].find((one) => one?.width && one?.height);
  const frame: Frame = size ? { width: size.width, height: size.height } : ANY_FRAME;
  let id = 0;
  const shapes = KINDS.flatMap((kind) =>
    valuesOf(spec, kind).map(([name, value]): Shape => {
      const points = said(kind, value);
      const fractions = isFractional(points);
      const scaled = fractions ? points.map(([x, y]): Point => [x * frame.width, y * frame.height]) : points;
      return { id: ++id, kind, name, points: scaled, fractions };
    }),
  );
  return { frame, assumed: size === undefined, shapes };
}

/** A number with a decimal point: a whole one would be read as pixels. */
function fraction(pixels: number, size: number): number {
  return Number((pixels / size).toFixed(DIGITS));
}

/** A shape as a manifest says it.
 *
 * @param before the shape that it was, whatever its name and kind were; points that stayed are said in the very words of before.
 */
function valueOf(shape: Shape, { frame, spec }: { frame: Frame; spec: Spec }, before: Shape | undefined): unknown {
  let points = shape.points;
  if (shape.fractions) {
    const words = before === undefined ? [] : said(before.kind, Object.fromEntries(valuesOf(spec, before.kind))[before.name]);
    points = points.map((point): Point => {
      const at = before?.points.findIndex((one) => isSame(one, point)) ?? -1;
      return words[at] ?? [fraction(point[0], frame.width), fraction(point[1], frame.height)];
    });
    if (points.flat().every(Number.isInteger)) {
      // JSON writes 1.0 as 1, which is a pixel: one number that is no whole one tells that these are fractions.
      const step = 1 / 10 ** DIGITS;
      points = points.map(([x, y], index): Point => (index === 0 ? [x === 0 ? step : 1 - step, y] : [x, y]));
    }
  }
  return shape.kind === "line" ? { direction: points.slice(2), line: points.slice(0, 2) } : points;
}

/** The merge patch that makes the spec of a camera say what is drawn; null when it says so already. */
export function patchOf(spec: Spec, shapes: readonly Shape[]): { spec: Json } | null {
  const { frame, shapes: before } = drawnOf(spec);
  const analytics: Record<string, any> = { ...spec["analytics"] };
  for (const kind of KINDS) {
    const [group, field] = GROUPS[kind];
    const words = new Map(valuesOf(spec, kind));
    const entries = shapes
      .filter((one) => one.kind === kind)
      .map((shape): [string, unknown] => {
        const same = before.find((one) => one.kind === kind && one.name === shape.name && isSamePath(one.points, shape.points));
        return [shape.name, same ? words.get(same.name) : valueOf(shape, { frame, spec }, before.find(({ id }) => id === shape.id))];
      });
    // A group without a shape is refused: it goes with its last one, unless others are written in another way.
    const isKept = entries.length > 0 || Object.keys(analytics[group]?.extraKeys ?? {}).length > 0;
    if (isKept) analytics[group] = { ...analytics[group], [field]: Object.fromEntries(entries) };
    else if (words.size > 0) delete analytics[group];
  }
  const patch = mergePatch({ analytics: orNull(spec["analytics"]) }, { analytics: orNull(analytics) });
  return Object.keys(patch).length === 0 ? null : { spec: patch };
}

function orNull(analytics: Record<string, Json> | null | undefined): Json {
  return analytics && Object.values(analytics).some((value) => value !== null) ? analytics : null;
}
