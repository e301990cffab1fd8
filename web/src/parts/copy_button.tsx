/** A button that puts a text on the clipboard. Where the browser forbids that, the text is shown to be copied by hand. */
import { useRef, useState } from "preact/hooks";
import { t } from "../texts/en.ts";

const SAID_MS = 3_000;

/**
 * @param says what it copies, for people.
 * @param text made when it is pressed.
 */
export function CopyButton({ says, text }: { says: string; text: () => string }) {
  const [state, setState] = useState<"" | "copied" | "by hand">("");
  const button = useRef<HTMLButtonElement>(null);
  const copy = async (): Promise<void> => {
    const isCopied = await copied(text(), button.current?.closest("dialog") ?? document.body);
    setState(isCopied ? "copied" : "by hand");
    if (isCopied) setTimeout(() => setState(""), SAID_MS);
    button.current?.focus();
  };
  return (
    <span class="copy">
      <button ref={button} type="button" onClick={() => void copy()}>{says}</button>
      <span class="note" role="status">{state === "copied" ? t.copy.done : state === "by hand" ? t.copy.byHand : ""}</span>
      {state === "by hand" && (
        <textarea readOnly rows={6} aria-label={says} value={text()} onFocus={(event) => event.currentTarget.select()} />
      )}
    </span>
  );
}

/** Without https, browsers give the clipboard to no page of another machine; the old way works there.
 *
 * @param place an element that can hold the focus for a moment: outside of an open dialog nothing can.
 */
async function copied(text: string, place: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "hidden";
    place.append(area);
    area.select();
    try {
      return document.execCommand("copy");
    } catch {
      return false;
    } finally {
      area.remove();
    }
  }
}
