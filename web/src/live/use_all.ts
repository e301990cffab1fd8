/** All objects of a kind, for lists. */
import { effect, untracked } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { LiveObjects, Named } from "./objects.ts";

/** Lists are made anew at most so often while much changes. */
const LIST_EVERY_MS = 300;

/** All of them, by name; while much changes, as of a moment ago. */
export function useAll<T extends Named>(objects: LiveObjects<T>): T[] {
  const [known, setKnown] = useState(() => knownNow(objects));
  useEffect(() => {
    let { shape, at } = known;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const look = (): void => {
      timer = null;
      const newer = knownNow(objects);
      ({ shape, at } = newer);
      setKnown(newer);
    };
    // Not in the view itself: it would be drawn twice, for what changed and for the list.
    const stop = effect(() => {
      if (objects.shape.value !== shape) timer ??= setTimeout(look, Math.max(0, at + LIST_EVERY_MS - Date.now()));
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [objects]);
  return known.all;
}

function knownNow<T extends Named>(objects: LiveObjects<T>) {
  return untracked(() => ({ shape: objects.shape.value, all: objects.all(), at: Date.now() }));
}
