/** The wall of cameras: what is dark, since when, and why, in one look. */
import { signal, useComputed } from "@preact/signals";
import { useMemo, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { cameras, live } from "../live/fleet.ts";
import type { Ready } from "../live/rows.ts";
import { useAll } from "../live/use_all.ts";
import { VirtualList } from "../parts/virtual_list.tsx";
import { go, linkTo, place, setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { counted, found, grouped, labelKeys } from "./chosen.ts";
import { type Selector, WrongSelector, selectorOf } from "./selector.ts";
import { Tile } from "./tile.tsx";

const TILE_HEIGHT_PX = 236;
const HEADER_HEIGHT_PX = 40;
const TILE_LEAST_WIDTH_PX = 220;
const STATES: readonly (Ready | "all")[] = ["all", "dark", "unknown", "ready"];

type Item = { key: string; height: number } & ({ header: string; ready: number; all: number } | { names: string[] });

/** Which camera is marked by the keys `j` and `k`; it stays so while one looks at it and comes back. */
const marked = signal<string | null>(null);

const EVERYTHING: Selector = () => true;

function selected(text: string): { selects: Selector; wrong: string } {
  try {
    return { selects: selectorOf(text), wrong: "" };
  } catch (error) {
    if (error instanceof WrongSelector) return { selects: EVERYTHING, wrong: error.message };
    throw error;
  }
}

export function Wall() {
  const { query } = place.value;
  const text = query.get("q") ?? "";
  const labels = query.get("l") ?? "";
  const state = (STATES.find((one) => one === query.get("state")) ?? "all") as Ready | "all";
  const by = query.get("group") ?? "";
  const all = useAll(cameras);
  const [columns, setColumns] = useState(4);
  const { selects, wrong } = useMemo(() => selected(labels), [labels]);
  const matching = useMemo(() => found(all, { text, selects, state }), [all, text, selects]);
  const counts = useMemo(() => counted(matching), [matching]);
  const keys = useMemo(() => labelKeys(all), [all]);
  const items = useMemo(() => {
    const shown = state === "all" ? matching : matching.filter((one) => one.ready === state);
    return itemsOf(grouped(shown, by), by, columns);
  }, [matching, state, by, columns]);
  const order = useMemo(() => items.flatMap((item) => ("names" in item ? item.names : [])), [items]);
  const search = useRef<HTMLInputElement>(null);
  const isStarting = useComputed(() => live.value.heardAt === 0);

  const step = (by: number): void => {
    const index = marked.peek() === null ? -1 : order.indexOf(marked.peek() ?? "");
    marked.value = order[Math.min(order.length - 1, Math.max(0, index < 0 ? 0 : index + by))] ?? null;
  };
  useKeys(
    [
      { key: "/", does: t.keys.search, act: () => search.current?.focus() },
      { key: "j", does: t.keys.next, act: () => step(1) },
      { key: "k", does: t.keys.previous, act: () => step(-1) },
      { key: "Enter", does: t.keys.open, act: () => marked.value !== null && go(linkTo(["cameras", marked.value])) },
    ],
    [order],
  );
  const at = marked.value;
  const revealed = at === null ? null : (items.find((item) => "names" in item && item.names.includes(at))?.key ?? null);

  return (
    <main class="wall" id="content">
      <h1 class="hidden">{t.wall.title}</h1>
      <p class="hidden" aria-live="polite">{isStarting.value ? "" : t.wall.darkNow(counts.dark)}</p>
      <div class="tools">
        <div class="counts" role="group" aria-label={t.wall.counts}>
          {STATES.map((one) => (
            <button
              key={one}
              type="button"
              class={`count ${one}`}
              aria-pressed={state === one}
              onClick={() => setQuery({ state: one === "all" || one === state ? "" : one })}
            >
              {one === "all" ? t.wall.all : t.state[one]} <strong>{counts[one]}</strong>
            </button>
          ))}
        </div>
        <input
          ref={search}
          type="search"
          aria-label={t.wall.search}
          placeholder={t.wall.searchHint}
          value={text}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <label class="inline">
          {t.wall.labels}
          <input
            value={labels}
            placeholder={t.wall.labelsHint}
            aria-invalid={wrong !== ""}
            title={wrong && t.wall.labelsWrong(wrong)}
            onInput={(event) => setQuery({ l: event.currentTarget.value })}
          />
        </label>
        <label class="inline">
          {t.wall.group}
          <select value={by} onChange={(event) => setQuery({ group: event.currentTarget.value })}>
            <option value="">{t.wall.noGroup}</option>
            <option value="instance">{t.wall.groups.instance}</option>
            <option value="node">{t.wall.groups.node}</option>
            {keys.map((key) => (
              <option key={key} value={`label:${key}`}>{key}</option>
            ))}
          </select>
        </label>
        <a class="button" href={linkTo(["new", "camera"])}>{t.wall.add}</a>
      </div>
      {wrong !== "" && <p class="error" role="alert">{t.wall.labelsWrong(wrong)}</p>}
      {items.length > 0 ? (
        <VirtualList
          items={items}
          label={t.wall.title}
          reveal={revealed}
          onWidth={(width) => setColumns(Math.max(1, Math.floor((width - 8) / TILE_LEAST_WIDTH_PX)))}
          show={(item) => <WallRow item={item} columns={columns} />}
        />
      ) : (
        !isStarting.value && (
          <div class="empty">
            <p>{all.length > 0 ? t.wall.nothing : t.wall.empty}</p>
            {all.length > 0 && (
              <button type="button" onClick={() => setQuery({ q: "", l: "", state: "" })}>{t.wall.clear}</button>
            )}
          </div>
        )
      )}
    </main>
  );
}

function itemsOf(groups: ReturnType<typeof grouped>, by: string, columns: number): Item[] {
  const items: Item[] = [];
  for (const { name, ready, cameras: members } of groups) {
    if (by !== "") items.push({ key: `group ${name}`, height: HEADER_HEIGHT_PX, header: name, ready, all: members.length });
    for (let begin = 0; begin < members.length; begin += columns) {
      const names = members.slice(begin, begin + columns).map((one) => one.name);
      items.push({ key: `row ${name} ${names[0]}`, height: TILE_HEIGHT_PX, names });
    }
  }
  return items;
}

function WallRow({ item, columns }: { item: Item; columns: number }) {
  if ("header" in item) {
    return (
      <h2 class="group">
        {item.header || t.wall.nowhere} <span>{t.wall.groupCount(item.ready, item.all)}</span>
      </h2>
    );
  }
  return (
    <div class="tiles" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
      {item.names.map((name) => (
        <Tile key={name} name={name} marked={marked.value === name} />
      ))}
    </div>
  );
}
