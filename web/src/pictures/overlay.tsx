/** What is drawn over a picture: lines with the direction that counts, regions, and what was found. */
import type { Picture } from "./pictures.ts";
import type { Point, Shapes } from "./shapes.ts";

const path = (points: readonly Point[]): string => points.map(([x, y]) => `${x},${y}`).join(" ");

/** An arrow from the middle of a line to the side that is counted. */
export function arrowOf(line: readonly Point[], direction: readonly Point[], size: number): [Point, Point] | null {
  const [a, b] = line;
  const [from, to] = direction;
  if (!a || !b || !from || !to) return null;
  const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  return [middle, [middle[0] + (dx / length) * size, middle[1] + (dy / length) * size]];
}

export function Overlay({ shapes, picture, names = false }: { shapes: Shapes; picture: Picture | null; names?: boolean }) {
  const { width, height } = shapes;
  const arrow = Math.max(width, height) / 16;
  const [sx, sy] = picture ? [width / picture.width, height / picture.height] : [1, 1];
  return (
    <svg class="overlay" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {shapes.regions.map(({ name, points }) => (
        <g key={`region ${name}`}>
          <polygon class="region" points={path(points)} />
          {names && points[0] && <Name at={points[0]} shapes={shapes} name={name} />}
        </g>
      ))}
      {shapes.lines.map(({ name, line, direction }) => {
        const found = arrowOf(line, direction, arrow);
        return (
          <g key={`line ${name}`}>
            <polyline class="line" points={path(line)} />
            {found && <line class="arrow" x1={found[0][0]} y1={found[0][1]} x2={found[1][0]} y2={found[1][1]} />}
            {found && <circle class="arrow-end" cx={found[1][0]} cy={found[1][1]} r={arrow / 6} />}
            {names && found && <Name at={found[1]} shapes={shapes} name={name} />}
          </g>
        );
      })}
      {picture?.objects.map(([left, top, w, h, id]) => (
        <rect key={id} class="found" x={left * sx} y={top * sy} width={w * sx} height={h * sy} />
      ))}
    </svg>
  );
}

/** A name beside a point, within the picture. Of a line it is the end of its arrow: two lines often lie upon each other. */
function Name({ at: [x, y], shapes: { width, height }, name }: { at: Point; shapes: Shapes; name: string }) {
  const size = height / 18;
  const isAtRight = x > width * 0.85;
  return (
    <text
      x={isAtRight ? x - size / 2 : x + size / 2}
      y={Math.min(height - size / 2, Math.max(size * 1.2, y - size / 2))}
      font-size={size}
      text-anchor={isAtRight ? "end" : "start"}
    >
      {name}
    </text>
  );
}
