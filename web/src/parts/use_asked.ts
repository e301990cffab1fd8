/** What the API says of something, as long as a view shows it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused, ask } from "../api/ask.ts";
import { repeatedly } from "./repeatedly.ts";

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
 * @param read asks for it, where that is more than one question: another function is no reason to ask again. Raises Refused, or Away.
 */
export function useAsked<T>(
  path: string,
  { when, everyMs = 0, read }: { when?: unknown; everyMs?: number; read?: (signal: AbortSignal) => Promise<T> } = {},
): Asked<T> {
  const [known, setKnown] = useState<{ path: string; value: T | null; error: unknown }>({ path, value: null, error: null });
  const again = useRef<() => void>(() => undefined);
  const asked = useRef<{ path: string; when: unknown } | null>(null);
  const reads = useRef(read);
  reads.current = read;

  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    const asking = repeatedly(async () => {
      try {
        const value = await (reads.current?.(signal) ?? ask<T>(path, { signal }));
        if (!signal.aborted) setKnown({ path, value, error: null });
      } catch (error) {
        if (signal.aborted) return;
        setKnown((old) => ({ path, value: old.path === path && !(error instanceof Refused) ? old.value : null, error }));
      }
    }, LEAST_MS);
    again.current = asking.soon;
    asking.soon();
    const timer = everyMs > 0 ? setInterval(asking.soon, everyMs) : undefined;
    document.addEventListener("visibilitychange", asking.shown);
    return () => {
      document.removeEventListener("visibilitychange", asking.shown);
      clearInterval(timer);
      asking.stop();
      end.abort();
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
