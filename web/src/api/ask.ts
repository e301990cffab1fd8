/** Questions to the API of the controller, and what it refuses. */

export interface Cause {
  field?: string;
  message: string;
  file?: string;
  line?: number;
  column?: number;
  reason?: string;
}

/** What the API answered instead of what was asked for: its Status, for people. */
export class Refused extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly causes: readonly Cause[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

/** The controller could not be reached. */
export class Away extends Error {}

export interface Question {
  method?: string;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

/** What became of a session: called with true when the API wants to know who asks. */
export const whenUnknown = { call: (): void => undefined };

/** The whole answer, for who reads its headers. Raises Refused, or Away. */
export async function answer(path: string, question: Question): Promise<Response> {
  const headers: Record<string, string> = { Accept: question.accept ?? "application/json" };
  const given = question.body !== undefined;
  if (given) headers["Content-Type"] = question.contentType ?? "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method: question.method ?? "GET",
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(given ? { body: JSON.stringify(question.body) } : {}),
      ...(question.signal ? { signal: question.signal } : {}),
    });
  } catch (error) {
    if (question.signal?.aborted) throw error;
    throw new Away(error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  if (response.status === 401 && !path.endsWith("/login")) whenUnknown.call();
  throw await refusal(response);
}

/** What a refusing answer says; an answer that is no Status says its code. */
export async function refusal(response: Response): Promise<Refused> {
  const wait = Number(response.headers.get("Retry-After"));
  const after = Number.isFinite(wait) && wait > 0 ? wait : null;
  const text = await response.text().catch(() => "");
  try {
    const status = JSON.parse(text);
    return new Refused(
      response.status,
      String(status.reason ?? ""),
      String(status.message ?? status.detail ?? text),
      Array.isArray(status.details?.causes) ? status.details.causes : [],
      after,
    );
  } catch {
    return new Refused(response.status, "", text || `HTTP ${response.status}`, [], after);
  }
}

/** Asks for JSON. Raises Refused, or Away. */
export async function ask<T>(path: string, question: Question = {}): Promise<T> {
  const response = await answer(path, question);
  return (response.status === 204 ? null : await response.json()) as T;
}

/** Asks for a text, such as a log. Raises Refused, or Away. */
export async function askText(path: string, question: Question = {}): Promise<string> {
  return (await answer(path, { accept: "*/*", ...question })).text();
}

/** Asks for what comes piece by piece. Raises Refused, or Away. */
export async function askStream(path: string, question: Question = {}): Promise<ReadableStream<Uint8Array>> {
  const { body } = await answer(path, { accept: "*/*", ...question });
  return body ?? new ReadableStream();
}
