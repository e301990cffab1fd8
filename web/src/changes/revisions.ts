/** Revisions: what waits, what was, and what is wrong with the newest one. As the API tells them. */
import { ask } from "../api/ask.ts";
import { type FileDiff, type Preview, previewOf } from "../api/previews.ts";

export interface Problem {
  file?: string | null;
  line?: number | null;
  column?: number | null;
  /** The field that it is about. */
  path?: string | null;
  message: string;
  hint?: string | null;
}

/** What waits now: a plan when there is a revision that waits, and the faults of one that is not valid. */
export interface Waiting extends Preview {
  pending: string | null;
  author: string | null;
  subject: string | null;
  at: string | null;
  problems: Problem[];
}

export interface Revision {
  revision: string;
  author: string;
  at: string;
  subject: string;
  inForce: boolean;
  /** Null when one can go back to it, else why not. */
  canRestore: string | null;
}

export interface RevisionPage {
  revisions: Revision[];
  /** Asks for what came before; null at the end. */
  next: string | null;
}

export interface RevisionWithFiles extends Revision {
  files: FileDiff[];
}

const NOTHING_WAITS = { pending: null, author: null, subject: null, at: null, problems: [] };
const PAGE = 50;
const ALL = "/fleet/v1/revisions";

export async function askWaiting(signal: AbortSignal): Promise<Waiting> {
  return previewOf({ ...NOTHING_WAITS, ...(await ask<Partial<Waiting>>("/fleet/v1/plan", { signal })) });
}

export function askRevisions(before: string, signal?: AbortSignal): Promise<RevisionPage> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(before === "" ? {} : { before }) });
  return ask<RevisionPage>(`${ALL}?${query}`, signal ? { signal } : {});
}

export function askRevision(revision: string, signal: AbortSignal): Promise<RevisionWithFiles> {
  return ask<RevisionWithFiles>(`${ALL}/${encodeURIComponent(revision)}`, { signal });
}

export function approve(revision: string): Promise<{ message?: string }> {
  return ask("/fleet/v1/approve", { method: "POST", body: { revision } });
}

/** The path of the write that goes back to a revision. */
export function restorePath(revision: string): string {
  return `${ALL}/${encodeURIComponent(revision)}/restore`;
}

/** A revision in as few characters as people compare. */
export function shortRevision(revision: string): string {
  return revision.replace(/^sha256:/, "").slice(0, 8);
}

const keyOf = ({ revision, at }: Revision): string => `${revision} ${at}`;

/** The newest page, with what was asked for before that comes after it.
 *
 * @param known what is shown; null for nothing yet.
 */
export function merged(newest: RevisionPage, known: RevisionPage | null): RevisionPage {
  const last = newest.revisions.at(-1);
  if (known === null || last === undefined) return newest;
  const at = known.revisions.findIndex((one) => keyOf(one) === keyOf(last));
  const older = at < 0 ? [] : known.revisions.slice(at + 1);
  if (older.length === 0) return newest;
  const isInForceNew = newest.revisions.some(({ inForce }) => inForce);
  const after = isInForceNew ? older.map((one) => ({ ...one, inForce: false })) : older;
  return { revisions: [...newest.revisions, ...after], next: known.next };
}
