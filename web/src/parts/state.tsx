/** How something is: by a sign and by a word, never by colour alone. */
import type { Ready } from "../live/rows.ts";
import { t } from "../texts/en.ts";

const SIGNS: Readonly<Record<Ready, string>> = { ready: "●", dark: "✖", unknown: "?" };

export function State({ is, word }: { is: Ready; word?: string }) {
  return (
    <span class={`state ${is}`}>
      <span aria-hidden="true">{SIGNS[is]}</span>{"\u00a0"}{word || t.state[is]}
    </span>
  );
}

/** How a camera is: what keeps it from being ready is its word. */
export function CameraState({ of }: { of: { ready: Ready; reason: string } }) {
  return <State is={of.ready} word={of.ready === "ready" ? "" : of.reason} />;
}
