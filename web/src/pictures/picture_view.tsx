/** The newest picture of a camera, with what is drawn over it; one that is old or frozen says so. */
import { useComputed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { live, now } from "../live/fleet.ts";
import { ageText } from "../parts/ages.ts";
import { t } from "../texts/en.ts";
import { Overlay } from "./overlay.tsx";
import { TILE_WIDTH, pictureOf, watchPicture } from "./pictures.ts";
import { shapesOfCamera } from "./shapes.ts";

/** A picture comes every 10 s; one that is older than two of them is not of now. */
const OLD_MS = 25_000;

export function PictureView({ name, width = TILE_WIDTH, names = false }: { name: string; width?: number; names?: boolean }) {
  useEffect(() => watchPicture(name, width), [name, width]);
  const told = pictureOf(name, width).value;
  const shapes = shapesOfCamera(name).value;
  const [broken, setBroken] = useState("");
  const picture = told.picture !== null && told.picture.url !== broken ? told.picture : null;
  const age = useComputed(() => {
    const { picture: one, saidAt } = pictureOf(name, width).value;
    return one === null ? 0 : Math.floor((one.ageMs + now.value - saidAt) / 1000) * 1000;
  });
  const isOld = useComputed(() => age.value > OLD_MS);
  const isAway = live.value.state === "away";
  const mark = picture === null ? null : picture.frozen ? t.picture.frozen : isOld.value ? t.picture.old(ageText(age.value)) : null;
  return (
    <div class={`picture${mark ? " stale" : ""}`}>
      {picture === null ? (
        <p class="no-picture">{told.none || (isAway ? t.picture.away : t.picture.waiting)}</p>
      ) : (
        <>
          <img src={picture.url} alt={t.picture.of(name)} width={picture.width} height={picture.height} onError={() => setBroken(picture.url)} />
          <Overlay shapes={shapes} picture={picture} names={names} />
          {mark !== null && <span class="mark">{mark}</span>}
        </>
      )}
    </div>
  );
}
