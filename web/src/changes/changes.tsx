/** What is about to change, what changes now, and what changed. */
import "./changes.css";
import { useComputed } from "@preact/signals";
import { fleet, live, now } from "../live/fleet.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { t } from "../texts/en.ts";
import { History } from "./history.tsx";
import { Pending } from "./pending.tsx";
import { Problems } from "./problems.tsx";
import { PLAN, askWaiting } from "./revisions.ts";
import { Rolling } from "./rolling.tsx";

/** A fault is looked at again so often: that a file is wrong in another way changes nothing that the stream tells. */
const FAULTS_EVERY_MS = 15_000;

export function Changes() {
  const changed = useComputed(() => {
    const { revision, pending, problems } = fleet.value;
    const faults = problems > 0 ? Math.floor(now.value / FAULTS_EVERY_MS) : 0;
    return [revision, pending, problems, faults, live.value.state].join("\n");
  });
  const { value: waiting, error, again } = useAsked(PLAN, { when: changed.value, read: askWaiting });
  return (
    <main class="changes" id="content">
      <h1>{t.changes.title}</h1>
      <Panel title={t.changes.waiting}>
        {waiting === null && error === null && <p class="note" role="status">{t.changes.asking}</p>}
        <Refusal error={error} />
        {waiting !== null && <Problems problems={waiting.problems} />}
        {waiting !== null && <Pending waiting={waiting} onDone={again} />}
      </Panel>
      <Rolling />
      <History changed={changed.value} />
    </main>
  );
}
