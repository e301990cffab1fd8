/** What happened to an object, the newest first. What came of it stands in the view of all events. */
import "../events/events.css";
import { sorted } from "../events/chosen.ts";
import { EventItem } from "../events/event_item.tsx";
import { eventOf } from "../events/events.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";

const MOST = 30;
const EVERY_MS = 30_000;

export function Events({ kind, name, when }: { kind: string; name: string; when: unknown }) {
  const query = new URLSearchParams({ fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}` });
  const { value, error } = useAsked<{ items: Parameters<typeof eventOf>[0][] }>(`/api/v1/events?${query}`, { when, everyMs: EVERY_MS });
  const events = sorted((value?.items ?? []).map(eventOf)).slice(0, MOST);
  return (
    <Panel title={t.camera.events}>
      <Refusal error={error} />
      {value === null && error === null && <p role="status">{t.sheet.loading}</p>}
      {value !== null && events.length === 0 && <p class="note">{t.camera.noEvents}</p>}
      <ol class="event-list">
        {events.map((event) => <EventItem key={event.key} one={{ event, effects: [], all: 0, warnings: 0, newest: event.last }} />)}
      </ol>
      <a href={linkTo(["events"], { q: name })}>{t.camera.allEvents}</a>
    </Panel>
  );
}
