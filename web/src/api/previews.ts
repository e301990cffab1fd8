/** Writes: each is shown before it is made, and made as the very request that was shown. */
import { ask, type Question } from "./ask.ts";

/** One write to the API. */
export interface Write {
  method: "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  contentType?: string;
}

export interface PlannedChange {
  kind: string;
  instance: string;
  node: string | null;
  /** Of a move: where it was. */
  fromNode: string | null;
  /** Of a rename: its name before. */
  oldName: string | null;
  changeClass: string | null;
  causes: string[];
  camerasAdded: string[];
  camerasRemoved: string[];
  camerasInterrupted: string[];
  expectedBlindSeconds: number | null;
}

/** Why something is not done that manifests ask for. */
export interface PlanReason {
  /** Kind and name, as `camera/dock`. */
  object: string;
  reason: string;
  message: string;
}

/** What would happen, in terms of cameras. */
export interface Plan {
  summary: string;
  changes: PlannedChange[];
  reasons: PlanReason[];
  warnings: string[];
}

export interface FileDiff {
  path: string;
  diff: string;
}

/** What a write would do. */
export interface Preview extends Plan {
  revision: string;
  parked: string | null;
  files: FileDiff[];
  object: unknown;
}

const NO_CHANGE: PlannedChange = {
  kind: "", instance: "", node: null, fromNode: null, oldName: null, changeClass: null, causes: [],
  camerasAdded: [], camerasRemoved: [], camerasInterrupted: [], expectedBlindSeconds: null,
};

/** An answer that holds a preview, whole: the API leaves out what is empty. */
export function previewOf<T extends object>(said: T): Omit<T, keyof Preview> & Preview {
  const { changes, ...given } = said as Partial<Preview>;
  return {
    revision: "", summary: "", reasons: [], warnings: [], parked: null, files: [], object: null,
    ...given,
    changes: (changes ?? []).map((change) => ({ ...NO_CHANGE, ...change })),
  } as Omit<T, keyof Preview> & Preview;
}

const AS_PREVIEW = "application/json;as=Preview;v=v1;g=dsfleet.io";

function question(write: Write): Question {
  return {
    method: write.method,
    ...(write.body === undefined ? {} : { body: write.body }),
    ...(write.contentType === undefined ? {} : { contentType: write.contentType }),
  };
}

function withQuery(path: string, query: Record<string, string>): string {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  if ([...given].length === 0) return path;
  return path + (path.includes("?") ? "&" : "?") + given.toString();
}

/** What a write would do. Nothing is written. Raises Refused with causes, or Away. */
export async function preview(write: Write, signal?: AbortSignal): Promise<Preview> {
  const said = await ask<object>(withQuery(write.path, { dryRun: "All" }), {
    ...question(write),
    accept: AS_PREVIEW,
    ...(signal ? { signal } : {}),
  });
  return previewOf(said);
}

/** Makes the change.
 *
 * @param write what was shown.
 * @param reason why, for the commit.
 * @param approve the revision whose removals a person has approved; empty for none.
 */
export function make(write: Write, reason: string, approve = ""): Promise<unknown> {
  return ask(withQuery(write.path, { reason, approve }), question(write));
}
