/** What a camera went through, as the controller says it, and what is drawn of it. */

export interface Blind {
  from: number;
  to: number | null;
  seconds: number;
  cause: string;
}

export interface Said {
  at: number;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

type Series = readonly (number | null)[];

export interface History {
  stepSeconds: number;
  /** When the first step began, in ms since 1970. */
  from: number;
  fps: Series;
  objects: Series;
  counts: Readonly<Record<string, Series>>;
  regions: Readonly<Record<string, Series>>;
  /** Why there are no counts, and why there are no series at all. */
  countsNone: string | null;
  leftOut: number;
  none: string | null;
  conditions: readonly Said[];
  blind: readonly Blind[];
}

export const HOURS = [1, 6] as const;

/** The time of each step, in seconds since 1970. */
export function timesOf({ from, stepSeconds, fps }: Pick<History, "from" | "stepSeconds" | "fps">): number[] {
  return fps.map((_, step) => from / 1000 + step * stepSeconds);
}

/** All that was counted in the steps that are shown. */
export function totalOf(series: Series): number {
  return series.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The newest, the least and the most of what is known; null when nothing is. */
export function boundsOf(series: Series): { now: number | null; least: number; most: number } | null {
  const known = series.filter((value) => value !== null);
  if (known.length === 0) return null;
  return { now: series.at(-1) ?? null, least: Math.min(...known), most: Math.max(...known) };
}

/** For how long it was blind within a time, in seconds. */
export function blindSeconds(blind: readonly Blind[], from: number, to: number): number {
  const within = (one: Blind): number => Math.max(0, Math.min(one.to ?? to, to) - Math.max(one.from, from));
  return blind.reduce((sum, one) => sum + within(one), 0) / 1000;
}
