/** One camera of the wall. */
import { cameras } from "../live/fleet.ts";
import { Since } from "../parts/since.tsx";
import { CameraState } from "../parts/state.tsx";
import { PictureView } from "../pictures/picture_view.tsx";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";

export function Tile({ name, marked }: { name: string; marked: boolean }) {
  const camera = cameras.get(name);
  if (camera === undefined) return null;
  const { ready, message, since, fps } = camera;
  return (
    <a
      class={`tile ${ready}${marked ? " marked" : ""}`}
      href={linkTo(["cameras", name])}
      data-camera={name}
      {...(marked ? { "aria-current": "true" as const } : {})}
    >
      <PictureView name={name} />
      <span class="tile-name">{name}</span>
      <span class="tile-state">
        <CameraState of={camera} />
        {fps !== null && ready === "ready" && <span class="fps">{t.wall.fps(fps)}</span>}
        {since !== null && (
          <span class="since">
            <Since at={since} says={t.wall.since} />
          </span>
        )}
      </span>
      {ready !== "ready" && message && <span class="tile-why" title={message}>{message}</span>}
    </a>
  );
}
