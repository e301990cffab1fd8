/** What the API says of something, as long as a view shows it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused, ask } from "../api/ask.ts";

export interface Asked<T> {
  /** Null until it was answered, and when it was refused. */
  value: T | null;
  /** Why the newest question was not answered; what was known before stays while the controller is away. */
  error: unknown;
  again: () => void;
}

/** Something that changes all the time is asked for so often at most. */
const LEAST_MS = 1_000;

/**
 * @param path what is asked for.
 * @param when it is asked for again when this is another value, such as a live row.
 * @param everyMs it is asked for again so often while the page is seen; 0 for never.
 */
export function useAsked<T>(path: string, { when, everyMs = 0 }: { when?: unknown; everyMs?: number } = {}): Asked<T> {
  const [known, setKnown] = useState<{ path: string; value: T | null; error: unknown }>({ path, value: null, error: null });
  const again = useRef<() => void>(() => undefined);
  const asked = useRef<{ path: string; when: unknown } | null>(null);

  useEffect(() => {
    const asking = new AbortController();
    const { signal } = asking;
    let [isBusy, isWanted, at] = [false, false, 0];
    const look = async (): Promise<void> => {
      isWanted = true;
      if (isBusy) return;
      isBusy = true;
      while (isWanted && !signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, at + LEAST_MS - Date.now())));
        isWanted = false;
        at = Date.now();
        try {
          const value = await ask<T>(path, { signal });
          if (!signal.aborted) setKnown({ path, value, error: null });
        } catch (error) {
          if (signal.aborted) return;
          setKnown((old) => ({ path, value: old.path === path && !(error instanceof Refused) ? old.value : null, error }));
        }
      }
      isBusy = false;
    };
    again.current = () => void look();
    void look();
    const timer = everyMs > 0 ? setInterval(() => document.hidden || void look(), everyMs) : undefined;
    return () => {
      clearInterval(timer);
      asking.abort();
    };
  }, [path, everyMs]);

  useEffect(() => {
    const before = asked.current;
    asked.current = { path, when };
    if (before !== null && before.path === path && before.when !== when) again.current();
  }, [path, when]);

  const isOfThis = known.path === path;
  return { value: isOfThis ? known.value : null, error: isOfThis ? known.error : null, again: () => again.current() };
}
