/** Who looks at the page. */
import { signal } from "@preact/signals";
import { ask, whenUnknown } from "../api/ask.ts";

export interface Me {
  user: string;
  max_image_bytes: number;
}

export const me = signal<Me | null>(null);
/** True when somebody has to log in. */
export const unknown = signal(false);
/** Why it is not known who this is. */
export const fault = signal<unknown>(null);

whenUnknown.call = () => (unknown.value = true);

export async function lookWhoIAm(): Promise<void> {
  fault.value = null;
  try {
    me.value = await ask<Me>("/me");
  } catch (error) {
    fault.value = error;
  }
}

/** Raises Refused, and Away. */
export async function logIn(username: string, password: string): Promise<void> {
  me.value = await ask<Me>("/login", { method: "POST", body: { username, password } });
  unknown.value = false;
}

export async function logOut(): Promise<void> {
  await ask("/logout", { method: "POST", body: {} });
  location.reload();
}
