/** The view of one object: its name, how it is, what can be done with it; and what there is when it cannot be shown. */
import "./sheet.css";
import type { ComponentChildren } from "preact";
import { Refused } from "../api/ask.ts";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { Refusal } from "./refusal.tsx";

export function Sheet(props: {
  name: string;
  /** The first part of the path of its list, and how that is called. */
  room: string;
  roomTitle: string;
  state: ComponentChildren;
  actions: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <main class="sheet" id="content">
      <header class="sheet-head">
        <h1>
          <a href={linkTo([props.room])}>{props.roomTitle}</a> <span aria-hidden="true">/</span> {props.name}
        </h1>
        <span class="sheet-state">{props.state}</span>
        <div class="sheet-actions">{props.actions}</div>
      </header>
      {props.children}
    </main>
  );
}

/** What is shown instead of an object: that it is looked for, is gone, or may not be seen. */
export function NoSheet({ name, room, error }: { name: string; room: string; error: unknown }) {
  const isGone = error instanceof Refused && error.code === 404;
  return (
    <main class="empty" id="content">
      <h1>{name}</h1>
      {error === null ? <p role="status">{t.sheet.loading}</p> : isGone ? <p>{t.sheet.gone(name)}</p> : <Refusal error={error} />}
      <a href={linkTo([room])}>{t.sheet.back}</a>
    </main>
  );
}

/** Facts beside their names; those that are empty are left out. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(
        ([name, value]) =>
          (value || value === 0) && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export function Panel({ title, children, wide }: { title: string; children: ComponentChildren; wide?: boolean }) {
  return (
    <section class={wide ? "panel wide" : "panel"}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
