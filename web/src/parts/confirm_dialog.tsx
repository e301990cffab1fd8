/** Asks before something is done that is no edit of manifests, and says what became of it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../texts/en.ts";
import { Dialog } from "./dialog.tsx";
import { Refusal } from "./refusal.tsx";

/**
 * @param act does it, and says what was done; it is given the reason when one is asked for.
 * @param reason what a person is asked for; without it nobody is.
 */
export function ConfirmDialog(props: {
  title: string;
  submit: string;
  act: (reason: string) => Promise<string>;
  reason?: string;
  canAct?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const [reason, setReason] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState<string | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      setDone(await props.act(reason));
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      {done === null ? (
        <form onSubmit={submit}>
          {props.children}
          {props.reason !== undefined && (
            <label>
              {props.reason}
              <input value={reason} required onInput={(event) => setReason(event.currentTarget.value)} />
            </label>
          )}
          <Refusal error={error} />
          <div class="actions">
            <button type="button" onClick={props.onClose}>{t.save.cancel}</button>
            <button type="submit" class="primary" disabled={isBusy || props.canAct === false}>{props.submit}</button>
          </div>
        </form>
      ) : (
        <>
          <p role="status" class="heard">{done}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={props.onClose}>{t.save.close}</button>
          </div>
        </>
      )}
    </Dialog>
  );
}

interface Success {
  message?: string;
}

/** What the API says when it did something. */
export function saidOf(answer: unknown): string {
  return (answer as Success | null)?.message ?? t.save.heard;
}
