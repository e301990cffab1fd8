/** What the service says of something, as long as a view shows it; what is not finished is asked for again, at a pace. */
import { useEffect, useState } from "preact/hooks";
import { Away, Refused, ask } from "../api/ask.ts";
import { FIRST_MS, paceAfter } from "./pace.ts";

export interface Paced<T> {
  /** Null until it was answered, and when it was refused. */
  value: T | null;
  /** Why the newest question was not answered; what was known before stays while the service is away. */
  error: unknown;
}

/**
 * Nothing is asked while the page is hidden, and nothing again when there is nothing to wait for.
 *
 * @param path what is asked for.
 * @param isWaiting whether there will be another answer soon.
 * @param when it is asked for at once when this is another value.
 */
export function usePaced<T>(path: string, isWaiting: (value: T) => boolean, when: unknown = null): Paced<T> {
  const [known, setKnown] = useState<{ path: string } & Paced<T>>({ path, value: null, error: null });
  useEffect(() => {
    const asking = new AbortController();
    const { signal } = asking;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let [paceMs, said, isBusy, isOver] = [FIRST_MS, "", false, false];
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (isBusy || document.hidden) return;
      isBusy = true;
      try {
        const value = await ask<T>(path, { signal });
        const text = JSON.stringify(value);
        if (signal.aborted) return;
        paceMs = paceAfter(paceMs, text !== said);
        if (text !== said || isOver) setKnown({ path, value, error: null });
        [said, isOver] = [text, !isWaiting(value)];
      } catch (error) {
        if (signal.aborted) return;
        const isForNow = error instanceof Away || (error instanceof Refused && error.code >= 500);
        setKnown((old) => ({ path, value: isForNow && old.path === path ? old.value : null, error }));
        [paceMs, said, isOver] = [paceAfter(paceMs, false), "", !isForNow];
      }
      isBusy = false;
      if (!isOver) timer = setTimeout(look, paceMs);
    };
    const seen = (): void => {
      if (document.hidden) return;
      paceMs = FIRST_MS;
      void look();
    };
    void look();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(timer);
      asking.abort();
    };
  }, [path, when]);
  return known.path === path ? known : { value: null, error: null };
}
