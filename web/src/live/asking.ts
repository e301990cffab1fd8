/** What a view asks the API for, and asks for again when something changed, as long as it is shown. */
import { type ReadonlySignal, effect, untracked } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

/** Nobody is asked again sooner than that, in ms. */
const EVERY_MS = 3_000;

export interface Asked<T> {
  /** The newest answer; it stays while it is asked again, and when that fails. Null before the first one. */
  answer: T | null;
  /** Why the newest question was not answered; null when it was. */
  error: unknown;
  askAgain: () => void;
}

/**
 * @param question raises Refused, or Away.
 * @param depends what the question is made of: what was answered before another one is forgotten.
 * @param changed asks again when it is another one.
 */
export function useAnswer<T>(
  question: (signal: AbortSignal) => Promise<T>,
  depends: readonly unknown[],
  changed?: ReadonlySignal<unknown>,
): Asked<T> {
  const [told, setTold] = useState<{ answer: T | null; error: unknown }>({ answer: null, error: null });
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    const end = new AbortController();
    const asking = repeatedly(async () => {
      try {
        const answer = await question(end.signal);
        if (!end.signal.aborted) setTold({ answer, error: null });
      } catch (error) {
        if (!end.signal.aborted) setTold(({ answer }) => ({ answer, error }));
      }
    }, EVERY_MS);
    setTold({ answer: null, error: null });
    again.current = asking.soon;
    const stop = effect(() => {
      void changed?.value;
      untracked(asking.soon);
    });
    document.addEventListener("visibilitychange", asking.shown);
    return () => {
      document.removeEventListener("visibilitychange", asking.shown);
      stop();
      asking.stop();
      end.abort();
    };
  }, [...depends]);
  return { ...told, askAgain: () => again.current() };
}

/** Does something when it is told to, one after another, with a pause between, and never while nobody looks at the page. */
export function repeatedly(work: () => Promise<void>, pauseMs: number) {
  let [isAsked, isBusy, isStopped] = [false, false, false];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  const turn = async (): Promise<void> => {
    timer = null;
    [isAsked, isBusy] = [false, true];
    await work();
    last = Date.now();
    isBusy = false;
    if (isAsked) soon();
  };
  const soon = (): void => {
    isAsked = true;
    if (isStopped || isBusy || timer !== null || globalThis.document?.hidden) return;
    timer = setTimeout(() => void turn(), Math.max(0, last + pauseMs - Date.now()));
  };
  return {
    soon,
    shown: (): void => {
      if (isAsked) soon();
    },
    stop: (): void => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
