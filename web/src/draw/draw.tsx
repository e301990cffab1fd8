/** Lines and regions are drawn on the picture of a camera, and become a change of its manifest. */
import "./draw.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import { objectPath } from "../api/objects.ts";
import type { Write } from "../api/previews.ts";
import { useKeys } from "../keys.ts";
import { cameras } from "../live/fleet.ts";
import { Refusal } from "../parts/refusal.tsx";
import { SaveDialog } from "../parts/save_dialog.tsx";
import { go, linkTo, place, setQuery } from "../route.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { type Drawing, act, begin, drawing, isDrawn } from "./drawing.ts";
import { findingsOf } from "./findings.ts";
import { actionOf } from "./keyboard.ts";
import { type Kind, patchOf } from "./manifest.ts";
import { ShapeList } from "./shape_list.tsx";
import { STAGE, Stage } from "./stage.tsx";
import { shapeOf } from "./state.ts";

const NEW = ["line", "region", "direction"] as const;

export function Draw({ name }: { name: string }) {
  const [error, setError] = useState<unknown>(null);
  const { value } = drawing;
  const isThis = value?.camera === name;
  useEffect(() => {
    if (isThis && isDrawn(value)) return;
    begin(name).then(selectAsked, setError);
  }, [name]);
  return (
    <main class="draw" id="content">
      <header class="sheet-head">
        <h1>
          <a href={linkTo(["cameras"])}>{t.nav.cameras}</a> <span aria-hidden="true">/</span>{" "}
          <a href={linkTo(["cameras", name])}>{name}</a> <span aria-hidden="true">/</span> {t.camera.draw}
        </h1>
      </header>
      <Refusal error={error} />
      {isThis ? <Editor drawing={value} onError={setError} /> : error === null && <p role="status">{t.draw.loading}</p>}
    </main>
  );
}

/** The shape that the link names is marked. */
function selectAsked(): void {
  const asked = place.peek().query.get("shape");
  const shape = drawing.peek()?.state.shapes.find(({ name }) => name === asked);
  if (shape !== undefined) act({ do: "select", selected: { id: shape.id, point: null } });
}

function start(kind: Kind): void {
  act({ do: "begin", kind });
  document.getElementById(STAGE)?.focus();
}

const MARKED = { remove: "Delete", insert: "i", flip: "f", square: "a" } as const;

/** The same as on the picture, wherever the focus is. */
function actOnMarked(event: KeyboardEvent): void {
  const action = drawing.peek() && actionOf(drawing.peek()!.state, event);
  if (action) act(action);
}

function Editor({ drawing: now, onError }: { drawing: Drawing; onError: (error: unknown) => void }) {
  const { camera, spec, state, generation } = now;
  const { selected, shapes } = state;
  const [write, setWrite] = useState<Write | null>(null);
  const findings = useMemo(() => findingsOf(state), [shapes]);
  const patch = useMemo(() => patchOf(spec, shapes), [spec, shapes]);
  const readOnly = whyReadOnly();
  const isRefused = findings.some(({ refused }) => refused);
  const isOther = (cameras.get(camera)?.generation ?? generation) > generation;
  const shown = shapeOf(state, selected?.id)?.name ?? "";
  useEffect(() => setQuery({ shape: shown }), [shown]);
  useEffect(() => {
    const undo = (event: KeyboardEvent): void => {
      const isText = event.target instanceof Element && event.target.closest("input, textarea, dialog") !== null;
      const key = event.key.toLowerCase();
      if (isText || !(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
      event.preventDefault();
      act({ do: key === "y" || event.shiftKey ? "redo" : "undo" });
    };
    const leave = (event: BeforeUnloadEvent): void => {
      if (patch !== null) event.preventDefault();
    };
    addEventListener("keydown", undo);
    addEventListener("beforeunload", leave);
    return () => {
      removeEventListener("keydown", undo);
      removeEventListener("beforeunload", leave);
    };
  }, [patch]);
  useKeys([
    { key: "n", does: t.draw.keys.line, act: () => start("line") },
    { key: "r", does: t.draw.keys.region, act: () => start("region") },
    { key: "d", does: t.draw.keys.direction, act: () => start("direction") },
    { key: "u", does: t.draw.keys.undo, act: () => act({ do: "undo" }) },
    { key: "U", does: t.draw.keys.redo, act: () => act({ do: "redo" }) },
    ...(["remove", "insert", "flip", "square"] as const).map((what) => ({ key: MARKED[what], does: t.draw.keys[what], act: actOnMarked })),
    { key: "Escape", does: t.draw.keys.escape, act: () => act({ do: "escape" }) },
  ]);
  const why = readOnly !== null ? t.draw.readOnly(readOnly) : isRefused ? t.draw.wrong : patch === null ? t.draw.unchanged : "";
  return (
    <>
      {isOther && (
        <p class="banner" role="status">
          {t.draw.changed} <button type="button" onClick={() => void begin(camera).catch(onError)}>{t.draw.load}</button>
        </p>
      )}
      <div class="tools" role="toolbar" aria-label={t.draw.title(camera)}>
        {NEW.map((kind) => (
          <button key={kind} type="button" aria-pressed={state.draft?.kind === kind} onClick={() => start(kind)}>{t.draw.add[kind]}</button>
        ))}
        <button type="button" disabled={state.past.length === 0 && state.draft === null} onClick={() => act({ do: "undo" })}>{t.draw.undo}</button>
        <button type="button" disabled={state.future.length === 0} onClick={() => act({ do: "redo" })}>{t.draw.redo}</button>
        <button type="button" disabled={!isDrawn(now)} onClick={() => void begin(camera).catch(onError)}>{t.draw.discard}</button>
      </div>
      <div class="drawing">
        <Stage drawing={now} faulty={new Set(findings.map(({ id }) => id))} />
        <div>
          <ShapeList state={state} findings={findings} />
          {state.assumed && <p class="note">{t.draw.assumed}</p>}
          <div class="saving">
            <button
              type="button"
              class="primary"
              disabled={why !== ""}
              onClick={() =>
                setWrite({ method: "PATCH", path: objectPath("Camera", camera), body: patch, contentType: "application/merge-patch+json" })
              }
            >
              {t.draw.save}
            </button>
            <span class="note">{why}</span>
          </div>
        </div>
      </div>
      {write !== null && (
        <SaveDialog
          title={t.draw.title(camera)}
          write={write}
          typed={camera}
          onClose={() => setWrite(null)}
          onLeave={() => {
            drawing.value = null;
            go(linkTo(["cameras", camera]));
          }}
        />
      )}
    </>
  );
}
