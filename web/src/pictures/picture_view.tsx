/** The newest picture of a camera, with what is drawn over it; one that is old or frozen says so. */
import { useComputed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { live, now } from "../live/fleet.ts";
import { ageText } from "../parts/ages.ts";
import { t } from "../texts/en.ts";
import { Overlay } from "./overlay.tsx";
import { type Picture, TILE_WIDTH, pictureOf, watchPicture } from "./pictures.ts";
import { shapesOfCamera } from "./shapes.ts";

/** A picture comes every 10 s; one that is older than two of them is not of now. */
const OLD_MS = 25_000;

/** The newest picture of a camera as long as it is on the screen, and what is to be said of it. */
export function usePicture(name: string, width: number) {
  useEffect(() => watchPicture(name, width), [name, width]);
  const told = pictureOf(name, width).value;
  const [broken, setBroken] = useState("");
  const picture = told.picture !== null && told.picture.url !== broken ? told.picture : null;
  const age = useComputed(() => {
    const { picture: one, saidAt } = pictureOf(name, width).value;
    return one === null ? 0 : Math.floor((one.ageMs + now.value - saidAt) / 1000) * 1000;
  });
  const isOld = useComputed(() => age.value > OLD_MS);
  const isAway = live.value.state === "away";
  return {
    picture,
    /** Why it is not of now; null when it is. */
    mark: picture === null ? null : picture.frozen ? t.picture.frozen : isOld.value ? t.picture.old(ageText(age.value)) : null,
    /** What is said where there is none. */
    none: told.none || (isAway ? t.picture.away : t.picture.waiting),
    onError: () => picture !== null && setBroken(picture.url),
  };
}

export function PictureView({ name, width = TILE_WIDTH, names = false }: { name: string; width?: number; names?: boolean }) {
  const { picture, mark, none, onError } = usePicture(name, width);
  return (
    <div class={`picture${mark ? " stale" : ""}`}>
      {picture === null ? (
        <p class="no-picture">{none}</p>
      ) : (
        <>
          <img src={picture.url} alt={t.picture.of(name)} width={picture.width} height={picture.height} onError={onError} />
          <DrawnOver name={name} picture={picture} names={names} />
          {mark !== null && <span class="mark">{mark}</span>}
        </>
      )}
    </div>
  );
}

/** Nobody is asked for lines where there is no picture that they are drawn over. */
function DrawnOver({ name, picture, names }: { name: string; picture: Picture; names: boolean }) {
  // As long as they are the same, frames per second and states draw nothing.
  const shapes = useComputed(() => shapesOfCamera(name).value);
  return <Overlay shapes={shapes.value} picture={picture} names={names} />;
}
