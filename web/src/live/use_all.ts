/** All objects of a kind, for lists. */
import { useEffect, useState } from "preact/hooks";
import type { LiveObjects, Named } from "./objects.ts";

/** Lists are made anew at most so often while much changes. */
const LIST_EVERY_MS = 300;

/** All of them; while much changes, as of a moment ago. */
export function useAll<T extends Named>(objects: LiveObjects<T>): T[] {
  const shape = objects.shape.value;
  const [known, setKnown] = useState(() => ({ shape, all: objects.all(), at: Date.now() }));
  useEffect(() => {
    if (known.shape === shape) return;
    const timer = setTimeout(
      () => setKnown({ shape: objects.shape.peek(), all: objects.all(), at: Date.now() }),
      Math.max(0, known.at + LIST_EVERY_MS - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [shape, known]);
  return known.all;
}
