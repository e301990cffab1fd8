/** One revision: what it changed, and the way back to it. */
import "./changes.css";
import { useComputed } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import { Refused } from "../api/ask.ts";
import type { Write } from "../api/previews.ts";
import { fleet } from "../live/fleet.ts";
import { Crumbs } from "../parts/crumbs.tsx";
import { DiffView } from "../parts/diff_view.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { SaveDialog } from "../parts/save_dialog.tsx";
import { Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { type RevisionWithFiles, restorePath, revisionPath, shortRevision } from "./revisions.ts";

export function RevisionView({ name }: { name: string }) {
  const inForce = useComputed(() => fleet.value.revision);
  const { value: revision, error } = useAsked<RevisionWithFiles>(revisionPath(name), { when: inForce.value });
  return (
    <main class="changes" id="content">
      <Crumbs path={["changes"]}>{revision?.subject || t.changes.revision(shortRevision(name))}</Crumbs>
      {revision === null && error === null && <p class="note" role="status">{t.changes.asking}</p>}
      {error instanceof Refused && error.code === 404 ? (
        <p>{t.changes.gone(shortRevision(name))}</p>
      ) : (
        <Refusal error={error} />
      )}
      {revision !== null && <Told revision={revision} />}
    </main>
  );
}

function Told({ revision }: { revision: RevisionWithFiles }) {
  const { revision: id, author, at, inForce, canRestore, files } = revision;
  const [isRestoring, setRestoring] = useState(false);
  const write = useMemo((): Write => ({ method: "POST", path: restorePath(id), body: {} }), [id]);
  const whyNot = inForce ? t.changes.isInForce : (whyReadOnly() ?? canRestore);
  return (
    <>
      <p class="note">
        {author && `${t.changes.by(author)} · `}
        <Since at={Date.parse(at)} says={t.changes.ago} /> ({new Date(at).toLocaleString()})
        {inForce && <span class="in-force">{t.changes.inForce}</span>}
      </p>
      <p><code class="whole-id">{id}</code></p>
      <div class="acts">
        <button
          type="button"
          class="primary"
          disabled={whyNot !== null}
          aria-describedby="why-not"
          onClick={() => setRestoring(true)}
        >
          {t.changes.restore}
        </button>
        <span id="why-not" class="note">{whyNot ?? t.changes.restoreHint}</span>
      </div>
      <Panel title={t.changes.whatChanged}>
        {files.length > 0 ? <DiffView files={files} /> : <p>{t.changes.noFiles}</p>}
      </Panel>
      {isRestoring && (
        <SaveDialog
          title={t.changes.restoreTitle(shortRevision(id))}
          write={write}
          typed={shortRevision(id)}
          onDone={() => undefined}
          onClose={() => setRestoring(false)}
        />
      )}
    </>
  );
}
