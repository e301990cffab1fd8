/** Shapes as SVG, in CSS pixels of the screen: handles are as large on a phone as on a wall. */
import { type Frame, type Point, edges, middle } from "./geometry.ts";
import type { Shape } from "./manifest.ts";
import { toScreen } from "./projection.ts";
import { type Draft, type Selected, isRegion } from "./state.ts";

interface Size {
  width: number;
  height: number;
}

const HANDLE_PX = 6;
/** What a finger hits. */
const TOUCH_PX = 16;
const HEAD_PX = 12;
/** Nearer to the right edge, a name stands on the other side. */
const LABEL_PX = 120;

const path = (points: readonly Point[]): string => points.map(([x, y]) => `${x},${y}`).join(" ");

function Way({ kind, points }: { kind: Shape["kind"]; points: readonly Point[] }) {
  if (isRegion(kind)) return <polygon class={`region ${kind}`} points={path(points)} />;
  const arrow = kind === "line" ? points.slice(2) : points;
  return (
    <>
      {kind === "line" && <polyline class="line" points={path(points.slice(0, 2))} />}
      <polyline class="arrow" points={path(arrow)} />
      <polyline class="arrow" points={path(headOf(arrow))} />
    </>
  );
}

/** The two strokes of an arrow's head. */
function headOf([from, to]: readonly Point[]): Point[] {
  if (from === undefined || to === undefined) return [];
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const side = (turn: number): Point => [to[0] - HEAD_PX * Math.cos(angle + turn), to[1] - HEAD_PX * Math.sin(angle + turn)];
  return [side(0.5), to, side(-0.5)];
}

export function GhostOf({ shape, frame, size }: { shape: Shape; frame: Frame; size: Size }) {
  return (
    <g class="ghost">
      <Way kind={shape.kind} points={shape.points.map((point) => toScreen(point, frame, size))} />
    </g>
  );
}

export function ShapeOf(props: { shape: Shape; frame: Frame; size: Size; selected: Selected | null; isFaulty: boolean }) {
  const { shape, frame, size, selected, isFaulty } = props;
  const { id, kind, name } = shape;
  const points = shape.points.map((point) => toScreen(point, frame, size));
  const isMarked = selected?.id === id;
  // Lines that are drawn upon each other differ by where their arrows point to.
  const [x, y] = (isRegion(kind) ? points[0] : points.at(-1)) ?? [0, 0];
  const isAtRight = x > size.width - LABEL_PX;
  const label: Point = [isAtRight ? x - 12 : x + 12, Math.min(size.height - 6, Math.max(16, y + 5))];
  return (
    <g class={`shape${isMarked ? " marked" : ""}${isFaulty ? " faulty" : ""}`} data-id={id} data-name={name}>
      {isRegion(kind) ? <polygon class="grab" points={path(points)} /> : <polyline class="grab" points={path(points.slice(0, 2))} />}
      <Way kind={kind} points={points} />
      <text x={label[0]} y={label[1]} text-anchor={isAtRight ? "end" : "start"}>{name}</text>
      {isMarked && isRegion(kind) && edges(points).map(([a, b], edge) => {
        const [cx, cy] = middle(a, b);
        return <circle key={`edge ${edge}`} class="between" data-id={id} data-edge={edge} cx={cx} cy={cy} r={HANDLE_PX - 1} />;
      })}
      {isMarked && points.map(([cx, cy], point) => (
        <g key={point} class={`handle${selected.point === point ? " marked" : ""}`} data-id={id} data-point={point}>
          <circle class="touch" cx={cx} cy={cy} r={TOUCH_PX} />
          <circle class="dot" cx={cx} cy={cy} r={HANDLE_PX} />
        </g>
      ))}
    </g>
  );
}

export function DraftOf({ draft, frame, size }: { draft: Draft; frame: Frame; size: Size }) {
  const cursor = toScreen(draft.cursor, frame, size);
  const points = draft.points.map((point) => toScreen(point, frame, size));
  const [x, y] = cursor;
  return (
    <g class="draft">
      <polyline class="line" points={path([...points, cursor])} />
      {points.map(([cx, cy], index) => (
        <circle key={index} class="dot" cx={cx} cy={cy} r={HANDLE_PX} />
      ))}
      <path class="cross" d={`M${x - 12} ${y}h24M${x} ${y - 12}v24`} />
    </g>
  );
}
