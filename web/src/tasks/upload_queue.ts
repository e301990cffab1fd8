/** Pictures on their way to the service: pure. */
import type { Kind } from "./task.ts";

export interface Upload<F = File> {
  key: number;
  file: F;
  kind: Kind;
  state: "waiting" | "sending" | "refused";
  /** How much of it is sent, 0 to 1. */
  share: number;
  /** Why it was refused. */
  why: string;
}

export type Queue<F = File> = readonly Upload<F>[];

/** So many are sent at once. */
export const AT_ONCE = 2;

export type Fault = "empty" | "format" | "large";

/** What is wrong with a file, as far as it can be seen here; null when the service shall judge. */
export function faultOf(file: { size: number; type: string }, mostBytes: number): Fault | null {
  if (file.size === 0) return "empty";
  if (file.type !== "" && file.type !== "image/jpeg" && file.type !== "image/png") return "format";
  return file.size > mostBytes ? "large" : null;
}

/** Those whose turn it is. */
export function due<F>(queue: Queue<F>): Upload<F>[] {
  const free = AT_ONCE - queue.filter(({ state }) => state === "sending").length;
  return free > 0 ? queue.filter(({ state }) => state === "waiting").slice(0, free) : [];
}

export function changed<F>(queue: Queue<F>, key: number, change: Partial<Upload<F>>): Queue<F> {
  return queue.map((one) => (one.key === key ? { ...one, ...change } : one));
}

export function without<F>(queue: Queue<F>, leaves: (one: Upload<F>) => boolean): Queue<F> {
  return queue.filter((one) => !leaves(one));
}

/** All that were refused wait again. */
export function again<F>(queue: Queue<F>): Queue<F> {
  return queue.map((one) => (one.state === "refused" ? { ...one, state: "waiting" as const, share: 0, why: "" } : one));
}

/** What an answer other than 201 says, and after how many seconds one may try again by oneself; null for never. */
export function refusalIn(status: number, text: string, retryAfter: string | null): { why: string; waitSeconds: number | null } {
  let why = `HTTP ${status}`;
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") why = detail;
  } catch {
    // A proxy may have answered, in its own words.
  }
  const seconds = Number(retryAfter ?? "");
  const isForNow = (status === 429 || status === 503) && seconds > 0;
  return { why, waitSeconds: isForNow ? seconds : null };
}
