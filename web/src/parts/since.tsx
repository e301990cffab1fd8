/** For how long something has been so: only its text changes as time goes. */
import { useComputed, useSignal } from "@preact/signals";
import { controllerNow } from "../live/fleet.ts";
import { ageText } from "./ages.ts";

/**
 * @param at in ms since 1970, by the controller's clock.
 * @param says the words around the age.
 */
export function Since({ at, says = (age) => age }: { at: number; says?: (age: string) => string }) {
  const begin = useSignal(at);
  begin.value = at;
  const text = useComputed(() => says(ageText(controllerNow.value - begin.value)));
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
      {text}
    </time>
  );
}
