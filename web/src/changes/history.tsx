/** The revisions that were, the newest first. */
import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../live/asking.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { type RevisionPage, askRevisions, merged, shortRevision } from "./revisions.ts";

export function History({ changed }: { changed: ReadonlySignal<unknown> }) {
  const { answer, error } = useAnswer((signal) => askRevisions("", signal), [], changed);
  const [page, setPage] = useState<RevisionPage | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (answer !== null) setPage((known) => merged(answer, known));
  }, [answer]);
  const more = async (): Promise<void> => {
    if (page?.next == null) return;
    setAsking(true);
    setFailure(null);
    try {
      const older = await askRevisions(page.next);
      setPage((known) => known && { revisions: [...known.revisions, ...older.revisions], next: older.next });
    } catch (error) {
      setFailure(error);
    }
    setAsking(false);
  };
  return (
    <Panel title={t.changes.history}>
      {page === null && error === null && <p class="note" role="status">{t.changes.asking}</p>}
      <Refusal error={error} />
      {page?.revisions.length === 0 && <p>{t.changes.noHistory}</p>}
      <ol class="revisions">
        {page?.revisions.map(({ revision, author, at, subject, inForce }) => (
          <li key={`${revision} ${at}`}>
            <a href={linkTo(["changes", revision])}>{subject || t.changes.revision(shortRevision(revision))}</a>
            {inForce && <span class="in-force">{t.changes.inForce}</span>}
            <span class="note">
              {author && `${t.changes.by(author)} · `}
              <Since at={Date.parse(at)} says={t.changes.ago} /> · <code title={revision}>{shortRevision(revision)}</code>
            </span>
          </li>
        ))}
      </ol>
      <Refusal error={failure} />
      {page?.next != null && (
        <button type="button" disabled={isAsking} onClick={() => void more()}>{t.changes.older}</button>
      )}
    </Panel>
  );
}
