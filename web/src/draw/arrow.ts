/** The direction of a line: an arrow, best across its middle. */
import { type Frame, type Point, distance, inFrame, isSame, middle, minus, plus, shortened } from "./geometry.ts";

/** Of the smaller side of the frame, how long the arrow of a new line is. */
const PART = 1 / 8;
/** An arrow that is shorter shows nothing. */
const LEAST_PX = 4;

function ended(from: Point, way: Point, frame: Frame): [Point, Point] {
  return [from, inFrame(plus(from, shortened(from, way, frame)), frame)];
}

/** An arrow at a right angle across the middle of a line: to the right of who looks from its first end to its second, unless there is no room.
 *
 * @param length in pixels of the frame; that of a new line when it is left out.
 */
export function arrowAcross([a, b]: readonly Point[], frame: Frame, length = Math.min(frame.width, frame.height) * PART): [Point, Point] {
  if (a === undefined || b === undefined) return [[0, 0], [0, 0]];
  const from = middle(a, b);
  const [dx, dy] = minus(b, a);
  const size = length / (Math.hypot(dx, dy) || 1);
  const way: Point = [-dy * size, dx * size];
  const arrow = ended(from, way, frame);
  return distance(...arrow) >= LEAST_PX ? arrow : ended(from, [-way[0], -way[1]], frame);
}

/** The arrow the other way round; one that begins in the middle of its line still does. */
export function flipped([a, b, from, to]: readonly Point[], frame: Frame): [Point, Point] {
  if (a === undefined || b === undefined || from === undefined || to === undefined) return [[0, 0], [0, 0]];
  if (!isSame(from, middle(a, b))) return [to, from];
  const turned = ended(from, minus(from, to), frame);
  // At the edge of the frame there is no room on the other side: what counts is the way, not where it is drawn.
  return distance(...turned) >= LEAST_PX ? turned : [to, from];
}

/** The arrow of a line whose ends move: one that begins in its middle turns with it; another stays where it is.
 *
 * @param points of the line as it was: its ends and its arrow.
 * @param ends where they are now.
 */
export function followed([a, b, from, to]: readonly Point[], [newA, newB]: readonly Point[], frame: Frame): [Point, Point] {
  if (a === undefined || b === undefined || from === undefined || to === undefined) return [[0, 0], [0, 0]];
  if (newA === undefined || newB === undefined || !isSame(from, middle(a, b)) || isSame(a, b)) return [from, to];
  const angle = (one: Point, other: Point): number => Math.atan2(other[1] - one[1], other[0] - one[0]);
  const turn = isSame(newA, newB) ? 0 : angle(newA, newB) - angle(a, b);
  const [dx, dy] = minus(to, from);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return ended(middle(newA, newB), [dx * cos - dy * sin, dx * sin + dy * cos], frame);
}
