/** Why something was not done, where it is the service that was asked. */
import { Away } from "../api/ask.ts";
import { Refusal } from "../parts/refusal.tsx";
import { words } from "../texts/tasks_en.ts";

export function Fault({ error }: { error: unknown }) {
  return <Refusal error={error instanceof Away ? new Error(words.away) : error} />;
}
