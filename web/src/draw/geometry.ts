/** The geometry of what is drawn: points of a frame, in its pixels. */

export type Point = readonly [number, number];

/** The picture that points are drawn in. */
export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** The whole pixel of the frame that is nearest. Its edges belong to it, as they do for DeepStream. */
export function inFrame([x, y]: Point, { width, height }: Frame): Point {
  return [Math.min(width, Math.max(0, Math.round(x))), Math.min(height, Math.max(0, Math.round(y)))];
}

export function isSame(one: Point, other: Point): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

export function isSamePath(one: readonly Point[], other: readonly Point[]): boolean {
  return one === other || (one.length === other.length && one.every((point, index) => isSame(point, other[index] ?? [NaN, NaN])));
}

export function plus([x, y]: Point, [dx, dy]: Point): Point {
  return [x + dx, y + dy];
}

export function minus([x, y]: Point, [fromX, fromY]: Point): Point {
  return [x - fromX, y - fromY];
}

export function distance(one: Point, other: Point): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

export function middle(one: Point, other: Point): Point {
  return [Math.round((one[0] + other[0]) / 2), Math.round((one[1] + other[1]) / 2)];
}

/** How far a way turns: 0 when both are parallel. */
export function cross(one: Point, other: Point): number {
  return one[0] * other[1] - one[1] * other[0];
}

/** The point of a segment that is nearest to another. */
export function nearestOn(a: Point, b: Point, to: Point): Point {
  const [dx, dy] = minus(b, a);
  const length2 = dx * dx + dy * dy;
  const at = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((to[0] - a[0]) * dx + (to[1] - a[1]) * dy) / length2));
  return [a[0] + at * dx, a[1] + at * dy];
}

/** The edges of a closed way. */
export function edges(corners: readonly Point[]): [Point, Point][] {
  return corners.map((corner, index) => [corner, corners[(index + 1) % corners.length] ?? corner]);
}

/** Less than 0 when two points lie on different sides of an edge. */
function sides([a, b]: readonly [Point, Point], [one, other]: readonly [Point, Point]): number {
  return cross(minus(b, a), minus(one, a)) * cross(minus(b, a), minus(other, a));
}

/** Whether two edges of a region cross each other, as the controller judges it. */
export function crossesItself(corners: readonly Point[]): boolean {
  const all = edges(corners);
  return all.some((one, place) => all.slice(place + 1).some((other) => sides(one, other) < 0 && sides(other, one) < 0));
}

/** A way that begins at a point of the frame, made so short that it ends in the frame too; at least null of length. */
export function shortened(from: Point, way: Point, { width, height }: Frame): Point {
  let most = 1;
  for (const [at, step, size] of [[from[0], way[0], width], [from[1], way[1], height]] as const) {
    if (step > 0) most = Math.min(most, (size - at) / step);
    if (step < 0) most = Math.min(most, at / -step);
  }
  return [way[0] * Math.max(0, most), way[1] * Math.max(0, most)];
}
