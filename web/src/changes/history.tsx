/** The revisions that were, the newest first. */
import { useEffect, useState } from "preact/hooks";
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { ALL, type RevisionPage, askRevisions, merged, shortRevision } from "./revisions.ts";

export function History({ changed }: { changed: string }) {
  const { value: newest, error } = useAsked(ALL, { when: changed, read: (signal) => askRevisions("", signal) });
  const [page, setPage] = useState<RevisionPage | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (newest !== null) setPage((known) => merged(newest, known));
  }, [newest]);
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
