/** An instance that is to run on another node: what that would do, and that it is done. */
import { Refused, answer } from "../api/ask.ts";
import type { PlannedChange } from "../api/previews.ts";

export interface Eviction {
  /** What happens, for people. */
  said: string;
  /** The node that takes it; null when nobody said so. */
  to: string | null;
  interrupted: string[];
  /** What no instance watches afterwards. */
  removed: string[];
}

/** How a refusal begins as clients of Kubernetes expect it; people know what was not done. */
const FOR_PROGRAMS = /^Operation cannot be fulfilled on pods "[^"]*": /;

/** The eviction in the head of an answer. */
export function evictionOf(said: string, plan: string | null): Eviction {
  const changes = plan === null ? [] : ((JSON.parse(plan) as { changes?: Partial<PlannedChange>[] }).changes ?? []);
  const of = (key: "camerasInterrupted" | "camerasRemoved"): string[] => changes.flatMap((one) => one[key] ?? []);
  return {
    said,
    to: changes.find(({ kind }) => kind === "move")?.node ?? null,
    interrupted: of("camerasInterrupted"),
    removed: of("camerasRemoved"),
  };
}

/** Moves an instance to another node. Raises Refused: 409 when it stays, and says why; 429 when it is to be asked again; or Away.
 *
 * @param isDry only says what would be.
 */
export async function evict(name: string, isDry: boolean, signal?: AbortSignal): Promise<Eviction> {
  const path = `/api/v1/namespaces/default/pods/${encodeURIComponent(name)}/eviction${isDry ? "?dryRun=All" : ""}`;
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  const response = await answer(path, { method: "POST", body, ...(signal ? { signal } : {}) }).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    throw new Refused(error.code, error.reason, error.message.replace(FOR_PROGRAMS, ""), error.causes, error.retryAfterSeconds);
  });
  const { message } = (await response.json()) as { message?: string };
  return evictionOf(message ?? "", response.headers.get("Fleet-Plan"));
}
