/** A list of objects of one kind: its counts are filters, its columns sort, and all of that stands in the link. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { live } from "../live/fleet.ts";
import type { LiveObjects } from "../live/objects.ts";
import { useAll } from "../live/use_all.ts";
import { VirtualList } from "../parts/virtual_list.tsx";
import { go, linkTo, place, setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { type Listed, type StateFilter, inOrder, nextSort, sortOf, withWords } from "./listing.ts";
import { type Column, VirtualTable } from "./virtual_table.tsx";
import "./listing.css";

const CARD_PX = 112;
const NARROW = matchMedia("(max-width: 700px)");
const narrow = signal(NARROW.matches);
NARROW.addEventListener("change", ({ matches }) => (narrow.value = matches));

/** Which row of each list is marked by the keys; it stays so while one looks at it and comes back. */
const marks = new Map<string, ReturnType<typeof signal<string | null>>>();

function markOf(room: string) {
  let mark = marks.get(room);
  if (mark === undefined) {
    mark = signal<string | null>(null);
    marks.set(room, mark);
  }
  return mark;
}

export interface ListOf<T> {
  /** The first part of its path, and of the paths of what it lists. */
  room: string;
  objects: LiveObjects<T & Listed>;
  columns: readonly Column<T>[];
  states: readonly StateFilter<T>[];
  /** In which words of a row one searches. */
  textOf: (row: T) => string;
  /** A row as it is shown on a narrow screen: what stands below its name. */
  card: (row: T) => ComponentChildren;
  texts: { title: string; search: string; searchHint: string; empty: string; nothing: string; add: string };
  /** What is said of all of them. */
  summary?: (all: readonly T[]) => ComponentChildren;
  /** The link to the form for a new one. */
  add: string;
}

export function ListView<T extends Listed>({ list }: { list: ListOf<T> }) {
  const { room, objects, columns, states, textOf, texts } = list;
  const { query } = place.value;
  const [text, state, sort] = [query.get("q") ?? "", query.get("state") ?? "", query.get("sort") ?? ""];
  const all = useAll(objects) as T[];
  const matching = useMemo(() => withWords(all, text, textOf), [all, text]);
  const names = useMemo(() => {
    const filter = states.find(({ key }) => key === state);
    const { key, isDescending } = sortOf(sort);
    const by = columns.find((column) => column.key === key)?.by;
    return inOrder(filter === undefined ? matching : matching.filter(filter.is), by, isDescending).map(({ name }) => name);
  }, [matching, state, sort]);
  const mark = markOf(room);
  const search = useRef<HTMLInputElement>(null);
  const step = (by: number): void => {
    const index = names.indexOf(mark.peek() ?? "");
    mark.value = names[Math.min(names.length - 1, Math.max(0, index < 0 ? 0 : index + by))] ?? null;
  };
  useKeys(
    [
      { key: "/", does: t.keys.search, act: () => search.current?.focus() },
      { key: "j", does: t.keys.next, act: () => step(1) },
      { key: "k", does: t.keys.previous, act: () => step(-1) },
      { key: "Enter", does: t.keys.open, act: openMarked },
    ],
    [names],
  );

  function openMarked(event: KeyboardEvent): void {
    // Enter on a link or a button is theirs.
    if (event.target instanceof HTMLElement && event.target.closest("a, button") !== null) event.target.click();
    else if (mark.peek() !== null) go(linkTo([room, mark.peek() ?? ""]));
  }

  const isStarting = live.value.heardAt === 0;
  return (
    <main class="wall" id="content">
      <h1 class="hidden">{texts.title}</h1>
      <div class="tools">
        <div class="counts" role="group" aria-label={t.wall.counts}>
          {[{ key: "", title: t.wall.all, is: () => true }, ...states].map(({ key, title, is }) => (
            <button
              key={key}
              type="button"
              class={`count ${key}`}
              aria-pressed={state === key}
              onClick={() => setQuery({ state: state === key ? "" : key })}
            >
              {title} <strong>{matching.filter(is).length}</strong>
            </button>
          ))}
        </div>
        <input
          ref={search}
          type="search"
          aria-label={texts.search}
          placeholder={texts.searchHint}
          value={text}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <a class="button" href={list.add}>{texts.add}</a>
        {list.summary?.(all)}
      </div>
      {names.length === 0 ? (
        !isStarting && (
          <div class="empty">
            <p>{all.length > 0 ? texts.nothing : texts.empty}</p>
            {all.length > 0 && (
              <button type="button" onClick={() => setQuery({ q: "", state: "" })}>{t.wall.clear}</button>
            )}
          </div>
        )
      ) : narrow.value ? (
        <VirtualList
          items={names.map((name) => ({ key: name, height: CARD_PX }))}
          label={texts.title}
          reveal={mark.value ?? null}
          show={({ key }) => <Card list={list} name={key} isMarked={mark.value === key} />}
        />
      ) : (
        <VirtualTable
          label={texts.title}
          names={names}
          row={(name) => objects.get(name)}
          columns={columns}
          sort={sort}
          onSort={(key) => setQuery({ sort: nextSort(sort, key) })}
          marked={mark.value ?? null}
        />
      )}
    </main>
  );
}

function Card<T extends Listed>({ list, name, isMarked }: { list: ListOf<T>; name: string; isMarked: boolean }) {
  const row = list.objects.get(name);
  if (row === undefined) return null;
  return (
    <a
      class={`card ${row.ready}${isMarked ? " marked" : ""}`}
      href={linkTo([list.room, name])}
      data-name={name}
      {...(isMarked ? { "aria-current": "true" as const } : {})}
    >
      <strong>{name}</strong>
      {list.card(row)}
    </a>
  );
}
