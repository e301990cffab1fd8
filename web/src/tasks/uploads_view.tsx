/** Pictures on their way, and those that were refused, with the reason. */
import { words } from "../texts/tasks_en.ts";
import { cancel, dismiss, pause, tryAgain, uploads } from "./uploads.ts";

/** Of hundreds that were refused, all for the same reason as like as not, so many are shown. */
const MOST_SHOWN = 8;

export function Uploads() {
  const all = uploads.value;
  if (all.length === 0) return null;
  const refused = all.filter(({ state }) => state === "refused");
  const sending = all.filter(({ state }) => state === "sending");
  const left = all.length - refused.length;
  return (
    <section class="uploads" aria-labelledby="uploads-title">
      <h2 id="uploads-title">{words.uploads}</h2>
      {left > 0 && (
        <>
          <p class="uploads-left">
            <span role="status">{words.left(left)}</span> <button type="button" onClick={cancel}>{words.cancel}</button>
          </p>
          {pause.value !== "" && <p class="note" role="status">{words.paused(pause.value)}</p>}
          <ul>
            {sending.map(({ key, file, share }) => (
              <li key={key}>
                <label>
                  <span class="file">{file.name}</span>
                  <progress max={1} value={share} />
                </label>
              </li>
            ))}
          </ul>
        </>
      )}
      {refused.length > 0 && (
        <div role="alert">
          <p class="error">{words.refused(refused.length)}</p>
          <ul>
            {refused.slice(0, MOST_SHOWN).map(({ key, file, why }) => (
              <li key={key}><span class="file">{file.name}</span>: {why}</li>
            ))}
            {refused.length > MOST_SHOWN && <li>{words.more(refused.length - MOST_SHOWN)}</li>}
          </ul>
          <p class="uploads-left">
            <button type="button" onClick={tryAgain}>{words.again}</button>
            <button type="button" onClick={dismiss}>{words.dismiss}</button>
          </p>
        </div>
      )}
    </section>
  );
}
