/** The picture of a task, with the boxes of what was found in it. */
import { useState } from "preact/hooks";
import { words } from "../texts/tasks_en.ts";
import { type Found, type Task, boxOf } from "./task.ts";

/** So many colours tell classes apart; their names do when there are more. */
const COLOURS = 6;

/**
 * @param names what each box is called; without it nothing is written on the picture.
 * @param marked the number of the box that is pointed out; -1 for none.
 */
export function Shot(props: { task: Task; boxes: readonly Found[]; names?: readonly string[]; marked?: number; eager?: boolean }) {
  const { task, boxes, names, marked = -1 } = props;
  // The size as it is shown: what its header says may lie on its side (EXIF).
  const [size, setSize] = useState<readonly [number, number]>([task.width, task.height]);
  const [isGone, setGone] = useState(false);
  const [width, height] = size;
  if (isGone) return <span class="shot"><span class="shot-none">{words.pictureGone}</span></span>;
  const look = (image: HTMLImageElement): void => {
    if (image.naturalWidth > 0) setSize([image.naturalWidth, image.naturalHeight]);
  };
  return (
    <span class="shot" style={{ "--shape": `${width} / ${height}` }}>
      <img
        src={`/tasks/${task.id}/input`}
        alt={words.pictureOf(task.id)}
        loading={props.eager ? "eager" : "lazy"}
        decoding="async"
        width={width}
        height={height}
        onLoad={(event) => look(event.currentTarget)}
        onError={() => setGone(true)}
      />
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {boxes.map((found, index) => (
          <Box key={index} found={found} size={size} look={lookOf(marked, index)} />
        ))}
      </svg>
      {names !== undefined && boxes.map((found, index) => <Name key={index} found={found} name={names[index] ?? ""} look={lookOf(marked, index)} />)}
    </span>
  );
}

function lookOf(marked: number, index: number): string {
  return marked === index ? "marked" : marked >= 0 ? "faint" : "";
}

function Box({ found, size: [width, height], look }: { found: Found; size: readonly [number, number]; look: string }) {
  const box = boxOf(found, width, height);
  const [x, y] = box.middle;
  return (
    <g class={`box c${found.class_id % COLOURS} ${look}`} {...(box.degrees === 0 ? {} : { transform: `rotate(${box.degrees} ${x} ${y})` })}>
      <rect class="edge" x={box.x} y={box.y} width={box.width} height={box.height} />
      <rect class="line" x={box.x} y={box.y} width={box.width} height={box.height} />
    </g>
  );
}

/** What a box is called, over its upper edge or within it where there is no room; of one size, however large the picture is shown. */
function Name({ found, name, look }: { found: Found; name: string; look: string }) {
  const { x, y, width } = boxOf(found, 100, 100);
  const side = x > 70 ? { right: `${Math.max(0, 100 - x - width)}%` } : { left: `${Math.max(0, x)}%` };
  return (
    <span class={`box-name ${y < 8 ? "within" : ""} ${look}`} style={{ top: `${Math.min(95, Math.max(0, y))}%`, ...side }} aria-hidden="true">
      {name}
    </span>
  );
}
