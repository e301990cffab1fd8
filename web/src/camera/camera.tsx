/** One camera: what it sees, how it is and was, who watches it, and what its manifest says. */
import "./camera.css";
import { type FleetObject, objectPath } from "../api/objects.ts";
import { useKeys } from "../keys.ts";
import { cameras, isStarting } from "../live/fleet.ts";
import { DeleteDialog } from "../parts/delete_dialog.tsx";
import { Facts, NoSheet, Panel, Sheet } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { CameraState } from "../parts/state.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { PictureView } from "../pictures/picture_view.tsx";
import { EDITOR_WIDTH } from "../pictures/pictures.ts";
import { shapesOfCamera } from "../pictures/shapes.ts";
import { go, linkTo, place, setQuery } from "../route.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { Events } from "./events.tsx";
import { BlindTimes, Past, Plots } from "./history_panels.tsx";
import { HOURS, type History } from "./history.ts";
import { Manifest } from "./manifest.tsx";

interface Watcher {
  name: string;
  node?: string;
  ready: boolean;
  reason: string;
  message?: string;
  fps?: number;
}

/** Series grow by a step each minute. */
const EVERY_MS = 60_000;

export function CameraView({ name }: { name: string }) {
  const row = cameras.get(name);
  const { query } = place.value;
  const hours = Number(query.get("hours")) === HOURS[0] ? HOURS[0] : HOURS[1];
  // Frames per second are in the row, and change all the time: an object is asked for when something else does.
  const when = row && [row.ready, row.reason, row.generation, ...row.instances, ...row.nodes].join(" ");
  const { value: camera, error } = useAsked<FleetObject>(objectPath("Camera", name), { when });
  const path = `/fleet/v1/history/cameras/${encodeURIComponent(name)}?seconds=${hours * 3600}`;
  const history = useAsked<History>(path, { when, everyMs: EVERY_MS });
  const draw = linkTo(["cameras", name, "draw"]);
  const edit = linkTo(["cameras", name, "edit"]);
  useKeys([
    { key: "e", does: t.camera.keys.edit, act: () => go(edit) },
    { key: "w", does: t.camera.keys.draw, act: () => go(draw) },
  ]);
  const isDeleting = query.get("act") === "delete";
  // The dialog of what goes stays until it is closed, though the camera is gone by then.
  const dialog = isDeleting && (
    <DeleteDialog kind="Camera" name={name} room="cameras" onClose={() => setQuery({ act: "" })} />
  );
  if (camera === null || isStarting.value) {
    return (
      <>
        <NoSheet name={name} room="cameras" error={error} />
        {dialog}
      </>
    );
  }
  const readOnly = whyReadOnly();
  const watchers = (camera.status?.["instances"] ?? []) as Watcher[];
  const { width, height } = shapesOfCamera(name).value;
  return (
    <Sheet
      name={name}
      room="cameras"
      state={row && <CameraState of={row} />}
      actions={
        <>
          <a class="button" href={draw}>{t.camera.draw}</a>
          <a class="button" href={edit}>{t.sheet.edit}</a>
          <button type="button" class="danger" disabled={readOnly !== null} onClick={() => setQuery({ act: "delete" })}>{t.sheet.delete}</button>
        </>
      }
    >
      {readOnly !== null && <p class="note sheet-why">{t.sheet.readOnly(readOnly)}</p>}
      {row?.message && <p class={`sheet-why ${row.ready === "dark" ? "error" : "note"}`}>{row.message}</p>}
      <div class="camera-top">
        <div class="camera-picture" style={{ aspectRatio: `${width} / ${height}`, maxWidth: `calc(70vh * ${width / height})` }}>
          <PictureView name={name} width={EDITOR_WIDTH} names />
        </div>
        <Panel title={t.camera.about}>
          <Facts
            of={[
              [t.camera.state, row && <CameraState of={row} />],
              [t.camera.since, row?.since != null && <Since at={row.since} />],
              [t.camera.fps, row?.fps != null && t.wall.fps(row.fps)],
              [t.camera.because, row?.ready !== "ready" && row?.cause],
              [t.sheet.labels, Object.entries(camera.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`).join(", ")],
            ].filter((fact): fact is [string, any] => fact[1] !== false)}
          />
          <h3>{t.camera.watchedBy}</h3>
          {watchers.length === 0 && <p class="note">{t.camera.watchedByNone}</p>}
          <ul class="watchers">
            {watchers.map((one) => (
              <li key={`${one.name} ${one.node}`}>
                <a href={linkTo(["instances", one.name])}>{one.name}</a>
                {one.node && <> @ <a href={linkTo(["nodes", one.node])}>{one.node}</a></>} <CameraState of={{ ready: one.ready ? "ready" : "dark", reason: one.reason }} />
              </li>
            ))}
          </ul>
        </Panel>
      </div>
      <div class="panels">
        <Plots name={name} hours={hours} history={history.value} error={history.error} />
        <div class="column">
          {history.value && <BlindTimes history={history.value} hours={hours} />}
          {history.value && <Past history={history.value} />}
        </div>
        <div class="column">
          <Manifest object={camera} />
          <Events kind="Camera" name={name} when={when} />
        </div>
      </div>
      {dialog}
    </Sheet>
  );
}
