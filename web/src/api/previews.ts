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
  changeClass: string | null;
  causes: string[];
  camerasAdded: string[];
  camerasRemoved: string[];
  camerasInterrupted: string[];
  expectedBlindSeconds: number | null;
}

export interface FileDiff {
  path: string;
  diff: string;
}

/** What a write would do. */
export interface Preview {
  revision: string;
  summary: string;
  changes: PlannedChange[];
  reasons: string[];
  warnings: string[];
  parked: string | null;
  files: FileDiff[];
  object: unknown;
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
export function preview(write: Write, signal?: AbortSignal): Promise<Preview> {
  return ask<Preview>(withQuery(write.path, { dryRun: "All" }), {
    ...question(write),
    accept: AS_PREVIEW,
    ...(signal ? { signal } : {}),
  });
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
