/** The lines of a log: as many as a page may hold, and what is found in them. */

export interface Line {
  /** The number of the line since the page began to read. */
  number: number;
  /** When it was said, as RFC 3339; empty where nobody told. */
  at: string;
  text: string;
}

export const MOST_LINES = 5_000;
/** Lines are dropped so many at a time. */
const DROPPED_AT_ONCE = 500;
/** A longer line is cut: one without an end would fill the page. */
export const MOST_CHARACTERS = 4_000;

const TIMED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?/;
/** Colours and the like, for terminals. */
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** The newest lines of a log that comes in pieces, and again from a moment on when its connection was lost. */
export class LogLines {
  lines: Line[] = [];
  /** How many there were in all. */
  total = 0;
  private rest = "";

  /** Takes in a piece, which may end within a line. */
  take(piece: string): void {
    const parts = (this.rest + piece).split("\n");
    this.rest = (parts.pop() ?? "").slice(0, 4 * MOST_CHARACTERS);
    for (const part of parts) this.add(part);
  }

  /** No more comes for now: what has no end is a line. */
  end(): void {
    if (this.rest !== "") this.add(this.rest);
    this.rest = "";
  }

  /** When the newest line was said; empty when nobody told. */
  get newest(): string {
    return this.lines.findLast(({ at }) => at !== "")?.at ?? "";
  }

  private add(raw: string): void {
    const at = TIMED.exec(raw)?.[1] ?? "";
    const said = raw.slice(TIMED.exec(raw)?.[0].length ?? 0).replace(/\r$/, "").replace(ESCAPES, "");
    const text = said.length > MOST_CHARACTERS ? `${said.slice(0, MOST_CHARACTERS)}…` : said;
    if (this.isKnown(at, text)) return;
    this.lines.push({ number: this.total, at, text });
    this.total++;
    if (this.lines.length > MOST_LINES + DROPPED_AT_ONCE) this.lines = this.lines.slice(-MOST_LINES);
  }

  /** Whether it was said before: a log that is asked for again begins with lines of the very time of the newest one. */
  private isKnown(at: string, text: string): boolean {
    if (at === "" || this.resumedAt === "" || at > this.resumedAt) return false;
    return at < this.resumedAt || this.lines.some((line) => line.at === at && line.text === text);
  }

  private resumedAt = "";

  /** From now on comes what is asked for again from the newest line on. */
  resume(): void {
    this.resumedAt = this.newest;
  }
}

/** The indices of lines that have a text, in any case; none for no text. */
export function linesWith(lines: readonly Line[], text: string): number[] {
  const wanted = text.toLowerCase();
  if (wanted === "") return [];
  return lines.flatMap((line, index) => (line.text.toLowerCase().includes(wanted) ? [index] : []));
}

/** A line in pieces: every second one is the text that was looked for. */
export function piecesOf(line: string, text: string): string[] {
  if (text === "") return [line];
  const [pieces, lower, wanted] = [[] as string[], line.toLowerCase(), text.toLowerCase()];
  // Where small letters are longer than capital ones the places would not be the same.
  if (lower.length !== line.length) return [line];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    pieces.push(line.slice(from, at), line.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return [...pieces, line.slice(from)];
}

/** The next one that was found, round the end; `from` is the index of the line that one is at, -1 for none. */
export function nextFound(found: readonly number[], from: number, by: 1 | -1): number | null {
  if (found.length === 0) return null;
  const next = by > 0 ? found.find((index) => index > from) : found.findLast((index) => index < from);
  return next ?? (by > 0 ? found[0] : found.at(-1)) ?? null;
}

/** How bad a line is, by the words that logs use for it. */
export function severity(text: string): "" | "warned" | "failed" {
  const head = text.slice(0, 120);
  if (/\b(ERROR|CRITICAL|FATAL|Traceback)\b/.test(head)) return "failed";
  return /\bWARN(ING)?\b/.test(head) ? "warned" : "";
}
