/** Keys: each view says which it takes, and `?` shows them. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Key {
  /** As `KeyboardEvent.key` says it; two of them with a space between are pressed one after the other. */
  key: string;
  /** What it does, for people. */
  does: string;
  act: (event: KeyboardEvent) => void;
}

const taken = signal<readonly (readonly Key[])[]>([]);
export const helpIsOpen = signal(false);

const SEQUENCE_MS = 1_000;
let before = { key: "", at: 0 };

/** All keys that are taken now, the newest view's first. */
export function keysTaken(): Key[] {
  return taken.value.toReversed().flat();
}

/** Takes keys as long as the view is shown. */
export function useKeys(keys: readonly Key[], depends: readonly unknown[] = []): void {
  useEffect(() => {
    taken.value = [...taken.peek(), keys];
    return () => {
      taken.value = taken.peek().filter((one) => one !== keys);
    };
  }, [...depends]);
}

/** Whether who presses a key writes a text, or works in a dialog, and means no command. */
function isWriting(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  const isText = target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  return isText || target.closest("dialog") !== null;
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
  const sequence = Date.now() - before.at < SEQUENCE_MS ? `${before.key} ${event.key}` : "";
  const found = keysTaken().find(({ key }) => key === sequence) ?? keysTaken().find(({ key }) => key === event.key);
  before = { key: event.key, at: Date.now() };
  if (found === undefined) return;
  event.preventDefault();
  before = { key: "", at: 0 };
  found.act(event);
}

/** Listens from now on. */
export function listenToKeys(): void {
  addEventListener("keydown", press);
}
