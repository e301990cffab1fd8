/** What happened, and what came of it. */
import "./events.css";
import { useComputed } from "@preact/signals";
import { useMemo, useRef, useState } from "preact/hooks";
import { cameras, controllerNow, instances, live, nodes } from "../live/fleet.ts";
import { Refusal } from "../parts/refusal.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { place, setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { type Labels, type Selector, WrongSelector, selectorOf } from "../wall/selector.ts";
import { causesOf } from "./causes.ts";
import { RANGES, folded, found, sorted } from "./chosen.ts";
import { EventItem } from "./event_item.tsx";
import { EVENTS, type EventLog, type FleetEvent, askEvents } from "./events.ts";
import { EventFilters } from "./filters.tsx";

const PAGE = 100;
/** While something happens all the time, it is asked for what did so often. */
const ASKED_EVERY_MS = 3_000;
/** What was told a moment ago is in a range that ends now, also when a clock is a little ahead. */
const STEP_MS = 10_000;
const TIES = { camera: (name: string) => cameras.get(name), instance: (name: string) => instances.get(name) };

function labelsOf({ kind, name }: FleetEvent): Labels | undefined {
  const objects = kind === "Camera" ? cameras : kind === "DsInstance" ? instances : kind === "Node" ? nodes : null;
  return objects?.signal(name)?.peek().labels;
}

export function Events() {
  const { query } = place.value;
  const heard = useComputed(() => Math.floor(live.value.heardAt / ASKED_EVERY_MS));
  const known = useRef<EventLog | null>(null);
  const { value: log, error } = useAsked(EVENTS, {
    when: heard.value,
    read: async (signal) => (known.current = await askEvents(known.current, signal)),
  });
  const [most, setMost] = useState(PAGE);
  const labels = query.get("l") ?? "";
  const { selects, wrong } = useMemo(() => selected(labels), [labels]);
  // As time goes, what was shown leaves a range; not every second.
  const tick = useComputed(() => Math.floor(controllerNow.value / STEP_MS) * STEP_MS);
  const range = RANGES[query.get("range") ?? ""] ?? null;
  const from = range === null ? timeOf(query.get("from")) : tick.value - range;
  const to = range === null ? timeOf(query.get("to")) : null;
  const shape = [cameras.shape.value, instances.shape.value, labels === "" ? 0 : nodes.shape.value].join(" ");
  const all = useMemo(() => sorted([...(log?.events.values() ?? [])]), [log]);
  const causes = useMemo(() => causesOf(all, TIES), [all, shape]);
  const shown = useMemo(() => {
    const filters = { text: query.get("q") ?? "", type: typeOf(query.get("type")), kind: query.get("kind") ?? "", selects, from, to };
    return folded(found(all, filters, labelsOf), causes, query.get("first") === "warnings");
  }, [all, causes, query, from, to, shape]);
  return (
    <main class="events" id="content">
      <h1>{t.events.title}</h1>
      <EventFilters wrong={wrong} />
      {wrong !== "" && <p class="error" role="alert">{t.wall.labelsWrong(wrong)}</p>}
      <Refusal error={error} />
      {log === null && error === null && <p class="note" role="status">{t.changes.asking}</p>}
      {log !== null && shown.length === 0 && (
        <p>
          {all.length === 0 ? t.events.none : t.events.nothing}{" "}
          {all.length > 0 && <button type="button" onClick={clearFilters}>{t.events.clear}</button>}
        </p>
      )}
      {shown.length > 0 && (
        <ol class="event-list">
          {shown.slice(0, most).map((one) => (
            <EventItem key={one.event.key} one={one} cause={log?.events.get(causes.get(one.event.key) ?? "")} />
          ))}
        </ol>
      )}
      {shown.length > most && (
        <button type="button" onClick={() => setMost(most + PAGE)}>{t.changes.more(shown.length - most)}</button>
      )}
    </main>
  );
}

function selected(text: string): { selects: Selector | null; wrong: string } {
  try {
    return { selects: text.trim() === "" ? null : selectorOf(text), wrong: "" };
  } catch (error) {
    if (error instanceof WrongSelector) return { selects: null, wrong: error.message };
    throw error;
  }
}

function typeOf(text: string | null): "" | "Warning" | "Normal" {
  return text === "Warning" || text === "Normal" ? text : "";
}

function timeOf(text: string | null): number | null {
  return Date.parse(text ?? "") || null;
}

function clearFilters(): void {
  setQuery({ q: "", l: "", type: "", kind: "", range: "", from: "", to: "", first: "" });
}
