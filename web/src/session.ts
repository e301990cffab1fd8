/** Who looks at the page, and what the controller says of itself. */
import { signal } from "@preact/signals";
import { Refused, ask, whenUnknown } from "./api/ask.ts";

export interface Me {
  user: string;
  role: string;
  selector: string;
  kinds: string[];
  needsLogin: boolean;
  fleet: string;
  version: string;
  source: { kind: "git" | "directory"; location: string; branch: string; readOnly: string | null };
  controller: { leads: boolean; startedAt: string };
}

export const me = signal<Me | null>(null);
/** True when the controller wants a token. */
export const unknown = signal(false);

whenUnknown.call = () => (unknown.value = true);

/** Asks who this is; what is refused or cannot be asked leaves it unsaid, and it is asked again once the controller is heard. */
export async function lookWhoIAm(): Promise<void> {
  try {
    me.value = await ask<Me>("/fleet/v1/me");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** Asks again who this is, when that could not be asked at first. */
export function lookAgain(): void {
  if (me.peek() === null && !unknown.peek()) void lookWhoIAm();
}

/** Logs in; false when the token is not known. Raises Refused for all else, and Away. */
export async function logIn(token: string): Promise<boolean> {
  try {
    await ask("/fleet/v1/login", { method: "POST", body: { token } });
    return true;
  } catch (error) {
    if (error instanceof Refused && error.code === 401) return false;
    throw error;
  }
}

export async function logOut(): Promise<void> {
  await ask("/fleet/v1/logout", { method: "POST", body: {} });
  location.reload();
}

/** Why this person can change nothing here; null when he can. */
export function whyReadOnly(): string | null {
  return me.value?.source.readOnly ?? null;
}
