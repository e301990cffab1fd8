/** The first link of a page, for who works by keyboard: past what stands at the top of every view. */
import { t } from "../texts/en.ts";

export function SkipLink() {
  return <a class="skip" href="#content" onClick={skip}>{t.skip}</a>;
}

function skip(event: Event): void {
  event.preventDefault();
  const content = document.getElementById("content");
  content?.setAttribute("tabindex", "-1");
  content?.focus();
}
