/** The revision that waits: what it would do, and the yes of a person where the guard parked it. */
import { useState } from "preact/hooks";
import { CopyButton } from "../parts/copy_button.tsx";
import { DiffView } from "../parts/diff_view.tsx";
import { markdownOf } from "../parts/plan_markdown.ts";
import { PlanView } from "../parts/plan_view.tsx";
import { Since } from "../parts/since.tsx";
import { t } from "../texts/en.ts";
import { ApproveDialog, type Parked } from "./approve_dialog.tsx";
import { type Waiting, shortRevision } from "./revisions.ts";
import { totalsOf } from "./totals.ts";

export function Pending({ waiting, onDone }: { waiting: Waiting; onDone: () => void }) {
  const [approving, setApproving] = useState<Parked | null>(null);
  const { pending, parked, problems } = waiting;
  const open = pending !== null && parked !== null ? () => setApproving({ ...waiting, pending, parked }) : null;
  return (
    <>
      {pending !== null && <Shown waiting={waiting} id={pending} onApprove={open} />}
      {pending === null && problems.length === 0 && <p>{t.changes.nothingWaits}</p>}
      {approving !== null && (
        <ApproveDialog
          waiting={approving}
          isStill={pending === approving.pending}
          onDone={onDone}
          onClose={() => setApproving(null)}
        />
      )}
    </>
  );
}

function Shown({ waiting, id, onApprove }: { waiting: Waiting; id: string; onApprove: (() => void) | null }) {
  const { parked, author, subject, at, files } = waiting;
  const title = t.changes.planOf(shortRevision(id), subject ?? "");
  return (
    <article class="pending" aria-labelledby="pending">
      <h3 id="pending">{subject || t.changes.revision(shortRevision(id))}</h3>
      <p class="note">
        {author && `${t.changes.by(author)} · `}
        {at && <Since at={Date.parse(at)} says={t.changes.ago} />} <code title={id}>{shortRevision(id)}</code>
      </p>
      {parked === null ? (
        <p role="status">{t.changes.soonInForce}</p>
      ) : (
        <p class="parked"><strong>{t.changes.parked}</strong> {parked}</p>
      )}
      <Totals waiting={waiting} />
      <PlanView plan={waiting} />
      <div class="acts">
        {onApprove !== null && (
          <button type="button" class="primary" onClick={onApprove}>{t.changes.approve}</button>
        )}
        <CopyButton says={t.copy.plan} text={() => markdownOf(title, waiting)} />
      </div>
      {files.length > 0 && (
        <details>
          <summary>{t.changes.files(files.length)}</summary>
          <DiffView files={files} />
        </details>
      )}
    </article>
  );
}

function Totals({ waiting }: { waiting: Waiting }) {
  const { added, removed, interrupted, moved, blindSeconds } = totalsOf(waiting);
  const words = t.changes.totals;
  const rows: [string, string, string][] = [
    [words.added, `+ ${added}`, "added"],
    [words.removed, `− ${removed}`, "removed"],
    [words.moved, String(moved), ""],
    [words.interrupted, String(interrupted), "interrupted"],
    [words.blind, interrupted === 0 ? words.seconds(0) : blindSeconds === null ? words.unknown : words.seconds(blindSeconds), ""],
  ];
  return (
    <dl class="totals">
      {rows.map(([word, value, name]) => (
        <div key={word} class={name}>
          <dt>{word}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
