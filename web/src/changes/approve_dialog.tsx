/** Lets a revision through that takes away more than the limits: only after a person has typed which one. */
import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { me } from "../session.ts";
import { t } from "../texts/en.ts";
import { type Waiting, approve, shortRevision } from "./revisions.ts";

export type Parked = Waiting & { pending: string; parked: string };

/**
 * @param waiting as it was when this was opened: that is approved, whatever comes meanwhile.
 * @param isStill whether it is what waits now.
 * @param onDone called when it was asked for, heard or not.
 */
export function ApproveDialog(props: { waiting: Parked; isStill: boolean; onDone: () => void; onClose: () => void }) {
  const { pending, parked, changes } = props.waiting;
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [state, setState] = useState<"" | "asking" | "done">("");
  const word = shortRevision(pending);
  const isAnother = !props.isStill && state === "";
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setState("asking");
    setError(null);
    try {
      await approve(pending);
      setState("done");
    } catch (failure) {
      setError(failure);
      setState("");
    }
    props.onDone();
  };
  const removed = changes.flatMap(({ camerasRemoved }) => camerasRemoved);
  return (
    <Dialog title={t.changes.approveTitle} onClose={props.onClose}>
      <form onSubmit={submit}>
        <p>{parked}</p>
        {removed.length > 0 && (
          <>
            <h3>{t.changes.goesDark(removed.length)}</h3>
            <p class="removed-names" tabIndex={0}>{removed.join(", ")}</p>
          </>
        )}
        {isAnother && <p class="error" role="alert">{t.changes.another}</p>}
        <Refusal error={error} />
        {state === "done" ? (
          <p class="heard" role="status">{t.save.heard}</p>
        ) : (
          <label>
            {t.save.typed(word)}
            <input autofocus value={typed} autocomplete="off" spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
        )}
        {whyNotApprove() && <p class="note">{whyNotApprove()}</p>}
        <div class="actions">
          <button type="button" onClick={props.onClose}>{state === "done" ? t.save.close : t.save.cancel}</button>
          {state !== "done" && (
            <button
              type="submit"
              class="primary"
              disabled={typed.trim() !== word || state === "asking" || isAnother || whyNotApprove() !== ""}
            >
              {t.changes.approveNow}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

/** Why this person may not; empty when he may, or nothing is known of him: the API says it then. */
function whyNotApprove(): string {
  const who = me.value;
  if (who === null) return "";
  return who.role === "admin" && who.selector === "" && who.kinds.length === 0 ? "" : t.changes.needsAdmin;
}
