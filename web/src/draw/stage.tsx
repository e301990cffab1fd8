/** The picture that one draws on: shapes, with handles for those that are marked. */
import { useEffect, useRef, useState } from "preact/hooks";
import { usePicture } from "../pictures/picture_view.tsx";
import { EDITOR_WIDTH } from "../pictures/pictures.ts";
import { t } from "../texts/en.ts";
import { type Drawing, act } from "./drawing.ts";
import { actionOf } from "./keyboard.ts";
import { drawnOf } from "./manifest.ts";
import { type Held, type Pointed, type Target, pressed, pulled, released } from "./pointer.ts";
import { inFramePixels, toFrame } from "./projection.ts";
import { DraftOf, GhostOf, ShapeOf } from "./stage_shapes.tsx";
import { says } from "./words.ts";

/** How near something must be on the screen to hold a point, in CSS pixels. */
const NEAR_PX = 8;
/** The picture is never higher than this part of the window, so that the buttons stay on the screen. */
const MOST_HEIGHT = "72vh";

export const STAGE = "stage";

export function Stage({ drawing, faulty }: { drawing: Drawing; faulty: ReadonlySet<number> }) {
  const { camera, spec, state } = drawing;
  const { frame, draft, selected, shapes } = state;
  const stage = useRef<HTMLDivElement>(null);
  const size = useSize(stage);
  const held = useRef<Held | null>(null);
  const gestures = useRef(0);
  const { picture, mark, none, onError } = usePicture(camera, EDITOR_WIDTH);

  const pointed = (event: PointerEvent): Pointed => {
    const box = stage.current?.getBoundingClientRect() ?? { left: 0, top: 0, ...size };
    return { at: toFrame(event.clientX, event.clientY, frame, box), within: inFramePixels(NEAR_PX, frame, box), isSquare: event.shiftKey };
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    stage.current?.focus({ preventScroll: true });
    stage.current?.setPointerCapture(event.pointerId);
    const done = pressed(state, pointed(event), targetOf(event.target), `pull ${++gestures.current}`);
    held.current = done.held;
    done.actions.forEach(act);
  };
  const move = (event: PointerEvent): void => {
    if (!event.isPrimary) return;
    const action = pulled(state, pointed(event), held.current);
    if (action !== null) act(action);
  };
  const up = (event: PointerEvent): void => {
    if (!event.isPrimary) return;
    const action = released(state, pointed(event), held.current);
    held.current = null;
    if (action !== null) act(action);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionOf(state, event);
    if (action === null) return;
    event.preventDefault();
    act(action);
  };
  const aspect = state.assumed && picture ? picture.width / picture.height : frame.width / frame.height;
  const before = drawnOf(spec).shapes;
  return (
    <figure class="stage-figure">
      <div
        id={STAGE}
        class={`stage picture${draft ? " drafts" : ""}${mark ? " stale" : ""}`}
        ref={stage}
        style={{ aspectRatio: `${aspect}`, maxWidth: `calc(${MOST_HEIGHT} * ${aspect})` }}
        role="application"
        tabIndex={0}
        aria-label={t.draw.stage(camera)}
        aria-describedby="stage-help"
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => (held.current = null)}
        onDblClick={() => act({ do: "close" })}
        onKeyDown={key}
      >
        {picture ? <img src={picture.url} alt="" draggable={false} onError={onError} /> : <p class="no-picture">{none}</p>}
        {size.width > 0 && (
          <svg class="overlay" viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
            {before.map((shape) => !shapes.includes(shape) && <GhostOf key={shape.id} {...{ shape, frame, size }} />)}
            {shapes.toSorted(markedLast(selected?.id)).map((shape) => (
              <ShapeOf key={shape.id} {...{ shape, frame, size, selected, isFaulty: faulty.has(shape.id) }} />
            ))}
            {draft && <DraftOf {...{ draft, frame, size }} />}
          </svg>
        )}
        {mark !== null && <span class="mark">{mark}</span>}
      </div>
      <figcaption>
        <p role="status" class="stage-says">{says(state)}</p>
        <p class="note" id="stage-help">{t.draw.help}</p>
      </figcaption>
    </figure>
  );
}

/** What is marked is above all others, so that it can be taken. */
function markedLast(marked: number | undefined): (one: { id: number }, other: { id: number }) => number {
  return (one, other) => Number(one.id === marked) - Number(other.id === marked);
}

/** Which shape, point or edge the pointer is over. */
function targetOf(element: EventTarget | null): Target | null {
  const found = element instanceof Element ? element.closest<SVGElement>("[data-id]") : null;
  if (found === null) return null;
  const { id, point, edge } = found.dataset;
  return { id: Number(id), point: point === undefined ? null : Number(point), edge: edge === undefined ? null : Number(edge) };
}

function useSize(of: { current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = of.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}
