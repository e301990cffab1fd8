/** The newest pictures of the cameras that are on the screen. Nobody is asked for others, and nobody at all while the page is hidden. */
import { type Signal, batch, signal } from "@preact/signals";
import { Away, Refused, ask } from "../api/ask.ts";

export interface Picture {
  url: string;
  /** When it came, in ms since 1970 by the controller's clock. */
  at: number;
  /** How old its frame was when this was said, in ms. */
  ageMs: number;
  frame: number;
  frozen: boolean;
  /** What was found in it: left, top, width, height in pixels of the picture, an id and a label. */
  objects: [number, number, number, number, number, string][];
  width: number;
  height: number;
}

export interface Told {
  picture: Picture | null;
  /** Why there is none, for people; empty while it is waited for. */
  none: string;
  /** When this was said, by our clock, in ms. */
  saidAt: number;
}

type Answer = { pictures: Record<string, Picture | { none: string } | { waiting: true }> };

/** How often pictures are asked for, and so a lease renewed. */
const EVERY_MS = 5_000;
/** A large picture comes every 2 s. */
const LARGE_EVERY_MS = 2_000;
/** As many as one question may name. */
const MOST = 100;
const SOON_MS = 150;

export const TILE_WIDTH = 320;
export const EDITOR_WIDTH = 1280;

const NOTHING: Told = { picture: null, none: "", saidAt: 0 };
const told = new Map<string, Signal<Told>>();
const watched = new Map<string, number>();
let soon: ReturnType<typeof setTimeout> | null = null;
let began = false;

const keyOf = (name: string, width: number): string => `${width} ${name}`;

/** What is known of the picture of a camera. */
export function pictureOf(name: string, width = TILE_WIDTH): Signal<Told> {
  const key = keyOf(name, width);
  let known = told.get(key);
  if (known === undefined) {
    known = signal(NOTHING);
    told.set(key, known);
  }
  return known;
}

/** Has pictures of a camera come as long as it is on the screen; the answer ends that. */
export function watchPicture(name: string, width = TILE_WIDTH): () => void {
  const key = keyOf(name, width);
  watched.set(key, (watched.get(key) ?? 0) + 1);
  if (!began) {
    began = true;
    setInterval(() => look((width) => width < EDITOR_WIDTH), EVERY_MS);
    setInterval(() => look((width) => width >= EDITOR_WIDTH), LARGE_EVERY_MS);
    document.addEventListener("visibilitychange", () => (document.hidden ? undefined : lookSoon()));
  }
  lookSoon();
  return () => {
    const left = (watched.get(key) ?? 1) - 1;
    if (left > 0) watched.set(key, left);
    else {
      watched.delete(key);
      // It may come back while one scrolls; what is forgotten is a picture, which is asked for again.
      if (told.size > 4 * MOST) told.delete(key);
    }
  };
}

/** Tiles come by the dozen when one scrolls: they are asked for together. */
function lookSoon(): void {
  soon ??= setTimeout(() => {
    soon = null;
    look();
  }, SOON_MS);
}

function look(isMeant: (width: number) => boolean = () => true): void {
  if (document.hidden) return;
  const byWidth = new Map<number, string[]>();
  for (const key of watched.keys()) {
    const [width = "", ...name] = key.split(" ");
    byWidth.set(Number(width), [...(byWidth.get(Number(width)) ?? []), name.join(" ")]);
  }
  for (const [width, names] of byWidth) {
    if (!isMeant(width)) continue;
    for (let begin = 0; begin < names.length; begin += MOST) void askFor(names.slice(begin, begin + MOST), width);
  }
}

async function askFor(cameras: string[], width: number): Promise<void> {
  try {
    const { pictures } = await ask<Answer>("/fleet/v1/pictures", { method: "POST", body: { cameras, width } });
    const saidAt = Date.now();
    batch(() => {
      for (const [name, said] of Object.entries(pictures)) {
        const one = pictureOf(name, width);
        if ("none" in said) one.value = { picture: null, none: said.none, saidAt };
        else if ("waiting" in said) one.value = { ...one.peek(), none: "", saidAt };
        else one.value = { picture: said, none: "", saidAt };
      }
    });
    if (Object.values(pictures).some((said) => "waiting" in said)) setTimeout(lookSoon, 1_000);
  } catch (error) {
    // What is there grows old before the eyes of who looks; it is asked for again in a moment.
    if (error instanceof Away) return;
    if (!(error instanceof Refused)) throw error;
    batch(() => {
      for (const name of cameras) pictureOf(name, width).value = { picture: null, none: error.message, saidAt: Date.now() };
    });
  }
}
