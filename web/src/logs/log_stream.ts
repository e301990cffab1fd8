/** Reads the log of an instance: one connection, which ends when nobody looks. */
import { Away, Refused, askStream } from "../api/ask.ts";
import { nextWait } from "../live/stream.ts";
import type { LogLines } from "./log_lines.ts";

export interface LogAsked {
  instance: string;
  /** Of the run before this one, which is over. */
  isPrevious: boolean;
  /** How far back it begins; null for the newest lines. */
  sinceSeconds: number | null;
}

export type LogState =
  | { is: "asking" | "open" | "over" | "hidden" }
  | { is: "again"; why: string }
  | { is: "refused"; error: unknown };

/** So many lines come when no time is asked for. */
export const TAIL_LINES = 500;
const HIDDEN_MS = 60_000;
/** What passes by itself, and is asked for again. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Where the log is.
 *
 * @param newest when the newest line was said that is known already; empty for none.
 */
export function logPath({ instance, isPrevious, sinceSeconds }: LogAsked, newest: string): string {
  const query = new URLSearchParams({ timestamps: "true" });
  if (isPrevious) query.set("previous", "true");
  else query.set("follow", "true");
  if (newest !== "") query.set("sinceTime", newest);
  else if (sinceSeconds !== null) query.set("sinceSeconds", String(sinceSeconds));
  else query.set("tailLines", String(TAIL_LINES));
  return `/api/v1/namespaces/default/pods/${encodeURIComponent(instance)}/log?${query}`;
}

/** Reads until it is over, is refused, or its signal ends it; while the page is hidden for long it rests. */
export async function readLog(asked: LogAsked, lines: LogLines, tell: (state: LogState) => void, signal: AbortSignal): Promise<void> {
  for (let wait = 0; !signal.aborted; ) {
    const hidden = new AbortController();
    const forget = whenHidden(() => hidden.abort());
    const began = Date.now();
    let why = "";
    try {
      tell({ is: "asking" });
      lines.resume();
      await readOnce(logPath(asked, lines.newest), lines, tell, AbortSignal.any([signal, hidden.signal]));
      if (asked.isPrevious) return tell({ is: "over" });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && !PASSING.has(error.code)) return tell({ is: "refused", error });
      if (error instanceof Refused) why = error.message;
      else if (!hidden.signal.aborted && !(error instanceof Away) && !(error instanceof TypeError)) throw error;
    } finally {
      forget();
      lines.end();
    }
    if (!hidden.signal.aborted) {
      wait = nextWait(Date.now() - began > 15_000 ? 0 : wait, Math.random());
      tell({ is: "again", why });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    if (document.hidden && !signal.aborted) {
      tell({ is: "hidden" });
      await seen(signal);
      wait = 0;
    }
  }
}

async function readOnce(path: string, lines: LogLines, tell: (state: LogState) => void, signal: AbortSignal): Promise<void> {
  const stream = await askStream(path, { signal });
  tell({ is: "open" });
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    lines.take(decoder.decode(value, { stream: true }));
    tell({ is: "open" });
  }
}

/** Calls back when the page was hidden for a minute. */
function whenHidden(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(act, HIDDEN_MS);
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

/** Waits until the page is seen again. */
function seen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
    look();
  });
}
