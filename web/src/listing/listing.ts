/** What a list shows, and in which order: pure. */
import type { Ready } from "../live/rows.ts";

export interface Listed {
  name: string;
  ready: Ready;
}

/** A state by which a list is filtered. */
export interface StateFilter<T> {
  key: string;
  title: string;
  is: (row: T) => boolean;
}

/** What a column is sorted by. What is not known is at the end, whichever way one sorts. */
export type SortedBy<T> = (row: T) => string | number | null;

const ORDER: Readonly<Record<Ready, number>> = { dark: 0, unknown: 1, ready: 2 };
const compare = new Intl.Collator("en", { numeric: true }).compare;

/** Those that have all words in their text. */
export function withWords<T>(rows: readonly T[], text: string, textOf: (row: T) => string): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter((row) => {
    const own = textOf(row).toLowerCase();
    return words.every((word) => own.includes(word));
  });
}

/**
 * The rows in order.
 *
 * @param by what the chosen column is sorted by; without one those that are not well come first, then the names decide.
 */
export function inOrder<T extends Listed>(rows: readonly T[], by: SortedBy<T> | undefined, isDescending: boolean): T[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const first = by === undefined ? ORDER[one.ready] - ORDER[other.ready] : sorted(by(one), by(other), sign);
    return first || compare(one.name, other.name);
  });
}

function sorted(one: string | number | null, other: string | number | null, sign: number): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return sign * (typeof one === "number" && typeof other === "number" ? one - other : compare(String(one), String(other)));
}

/** What `sort` in the query says: the key of a column, with a `-` before it for the other way round. */
export function sortOf(text: string): { key: string; isDescending: boolean } {
  return { key: text.replace(/^-/, ""), isDescending: text.startsWith("-") };
}

/** What a click on the head of a column makes of it: up, down, and as it was without. */
export function nextSort(text: string, key: string): string {
  return text === key ? `-${key}` : text === `-${key}` ? "" : key;
}

/** Which of rows of the same height are in a window, with some more at both ends. */
export function windowOf(count: number, rowHeight: number, top: number, height: number, more: number): [number, number] {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - more));
  return [first, Math.min(count, Math.ceil((top + height) / rowHeight) + more)];
}
