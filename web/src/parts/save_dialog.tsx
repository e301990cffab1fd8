/** Every change goes through this: what it would do is shown, and then it is made as it was shown. */
import { useEffect, useState } from "preact/hooks";
import { Refused } from "../api/ask.ts";
import { type Preview, type Write, make, preview } from "../api/previews.ts";
import { t } from "../texts/en.ts";
import { CopyButton } from "./copy_button.tsx";
import { DiffView } from "./diff_view.tsx";
import { Dialog } from "./dialog.tsx";
import { markdownOf } from "./plan_markdown.ts";
import { PlanView } from "./plan_view.tsx";
import { Refusal } from "./refusal.tsx";

/**
 * @param write what is to be done.
 * @param typed what a person must type when the guard would park it.
 * @param onDone called when it was made.
 * @param onClose called when the dialog goes.
 * @param onLeave called instead when it goes after the change was made.
 */
export function SaveDialog(props: {
  title: string;
  write: Write;
  typed: string;
  onDone?: () => void;
  onClose: () => void;
  onLeave?: () => void;
}) {
  const { write } = props;
  const [shown, setShown] = useState<Preview | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [saving, setSaving] = useState<"no" | "yes" | "done">("no");

  useEffect(() => {
    const asking = new AbortController();
    preview(write, asking.signal).then(setShown, (failure) => {
      if (!asking.signal.aborted) setError(failure);
    });
    return () => asking.abort();
  }, [write]);

  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setSaving("yes");
    setError(null);
    try {
      await make(write, reason, shown?.parked ? shown.revision : "");
      setSaving("done");
      props.onDone?.();
    } catch (failure) {
      setSaving("no");
      setError(failure);
      // What was shown is not what would be done any more.
      if (failure instanceof Refused && failure.code === 409) preview(write).then(setShown, setError);
    }
  };

  const close = (): void => (saving === "done" && props.onLeave ? props.onLeave() : props.onClose());
  const parkedOpen = shown?.parked != null && typed !== props.typed;
  // Who sees a part of the fleet is shown no files, though some become others.
  const nothing = shown !== null && shown.revision === "";
  return (
    <Dialog title={props.title} onClose={close} wide>
      {shown === null && error === null && <p role="status">{t.save.checking}</p>}
      {shown !== null && (
        <>
          {nothing ? <p role="status">{t.save.nothing}</p> : <h3>{t.save.plan}</h3>}
          <PlanView plan={shown} />
          {!nothing && <CopyButton says={t.copy.plan} text={() => markdownOf(props.title, shown)} />}
          {!nothing && <h3>{t.save.diff}</h3>}
          <DiffView files={shown.files} />
        </>
      )}
      <Refusal error={error} />
      {saving === "done" ? (
        <p role="status" class="heard">{t.save.heard}</p>
      ) : (shown ?? error) === null ? null : (
        <form onSubmit={save}>
          {shown !== null && !nothing && (
            <label>
              {t.save.reason}
              <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
            </label>
          )}
          {shown?.parked != null && (
            <div class="parked">
              <p>
                {t.save.parked} {shown.parked}
              </p>
              <label>
                {t.save.typed(props.typed)}
                <input value={typed} autocomplete="off" onInput={(event) => setTyped(event.currentTarget.value)} />
              </label>
            </div>
          )}
          <div class="actions">
            <button type="button" onClick={props.onClose}>{t.save.cancel}</button>
            <button type="submit" class="primary" disabled={shown === null || nothing || parkedOpen || saving === "yes"}>
              {saving === "yes" ? t.save.saving : t.save.commit}
            </button>
          </div>
        </form>
      )}
      {saving === "done" && (
        <div class="actions">
          <button type="button" class="primary" onClick={close}>{t.save.close}</button>
        </div>
      )}
    </Dialog>
  );
}
