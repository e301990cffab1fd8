/** What is about to change, what changes now, and what changed. */
import "./changes.css";
import { useComputed } from "@preact/signals";
import { fleet, live, now } from "../live/fleet.ts";
import { useAnswer } from "../live/asking.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { t } from "../texts/en.ts";
import { History } from "./history.tsx";
import { Pending } from "./pending.tsx";
import { Problems } from "./problems.tsx";
import { askWaiting } from "./revisions.ts";
import { Rolling } from "./rolling.tsx";

/** A fault is looked at again so often: that a file is wrong in another way changes nothing that the stream tells. */
const FAULTS_EVERY_MS = 15_000;

export function Changes() {
  const changed = useComputed(() => {
    const { revision, pending, problems } = fleet.value;
    const faults = problems > 0 ? Math.floor(now.value / FAULTS_EVERY_MS) : 0;
    return [revision, pending, problems, faults, live.value.state].join("\n");
  });
  const { answer, error, askAgain } = useAnswer(askWaiting, [], changed);
  return (
    <main class="changes" id="content">
      <h1>{t.changes.title}</h1>
      <Panel title={t.changes.waiting}>
        {answer === null && error === null && <p class="note" role="status">{t.changes.asking}</p>}
        <Refusal error={error} />
        {answer !== null && <Problems problems={answer.problems} />}
        {answer !== null && <Pending waiting={answer} onDone={askAgain} />}
      </Panel>
      <Rolling />
      <History changed={changed} />
    </main>
  );
}
