/** Goes to any object by a few letters of its name. */
import "./switcher.css";
import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { helpIsOpen, useKeys } from "../keys.ts";
import { cameras, instances, nodes } from "../live/fleet.ts";
import { Dialog } from "../parts/dialog.tsx";
import { State } from "../parts/state.tsx";
import { go, linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { type Target, foundTargets } from "./found.ts";

const MOST = 12;
const ROOMS = { cameras, instances, nodes } as const;
const isOpen = signal(false);

export function openSwitcher(): void {
  // Over another dialog it would take away what somebody is at.
  if (!helpIsOpen.peek() && document.querySelector("dialog[open]") === null) isOpen.value = true;
}

function pressed(event: KeyboardEvent): void {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  openSwitcher();
}

/** Stands before the views: what they do with a key goes before. */
export function Switcher() {
  useKeys([
    { key: "/", does: t.switcher.open, act: openSwitcher },
    { key: "Ctrl+K", does: t.switcher.open, act: openSwitcher },
  ]);
  useEffect(() => {
    // Not as other keys: it counts while one writes, too.
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return isOpen.value ? <Search /> : null;
}

function allTargets(): Target[] {
  return (Object.keys(ROOMS) as Target["room"][]).flatMap((room) => ROOMS[room].all().map(({ name }) => ({ room, name })));
}

const idOf = ({ room, name }: Target): string => `to-${room}-${name}`;

function Search() {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const shape = [cameras.shape.value, instances.shape.value, nodes.shape.value].join(" ");
  const all = useMemo(allTargets, [shape]);
  const found = useMemo(() => foundTargets(all, text, MOST), [all, text]);
  const index = Math.min(chosen, found.length - 1);
  const target = found[index];
  const close = (): void => {
    isOpen.value = false;
  };
  const leave = (to: Target | undefined): void => {
    if (to === undefined) return;
    close();
    go(linkTo([to.room, to.name]));
  };
  const press = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || found.length === 0) return;
    event.preventDefault();
    setChosen((index + step + found.length) % found.length);
  };
  return (
    <Dialog title={t.switcher.title} onClose={close}>
      <form
        class="switcher"
        onSubmit={(event) => {
          event.preventDefault();
          leave(target);
        }}
      >
        <input
          role="combobox"
          list={undefined}
          aria-label={t.switcher.search}
          aria-expanded={found.length > 0}
          aria-controls="switcher-found"
          aria-autocomplete="list"
          aria-activedescendant={target && idOf(target)}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={t.switcher.hint}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setChosen(0);
          }}
          onKeyDown={press}
        />
        <ul id="switcher-found" role="listbox" aria-label={t.switcher.found}>
          {found.map((one) => (
            <li
              key={idOf(one)}
              id={idOf(one)}
              role="option"
              aria-selected={one === target}
              onClick={() => leave(one)}
            >
              <span class="name">{one.name}</span> <span class="note">{t.switcher.rooms[one.room]}</span>{" "}
              <ObjectState target={one} />
            </li>
          ))}
        </ul>
        <p class="note" role="status">{text.trim() !== "" && (found.length === 0 ? t.switcher.nothing : t.switcher.count(found.length, MOST))}</p>
      </form>
    </Dialog>
  );
}

function ObjectState({ target: { room, name } }: { target: Target }) {
  const ready = ROOMS[room].get(name)?.ready;
  return ready === undefined ? null : <State is={ready} />;
}
