/** Why something was not done, where it is the service that was asked. */
import { Away } from "../api/ask.ts";
import { Refusal } from "../parts/refusal.tsx";
import { t } from "../texts/en.ts";

export function Fault({ error }: { error: unknown }) {
  return <Refusal error={error instanceof Away ? new Error(t.tasks.away) : error} />;
}
