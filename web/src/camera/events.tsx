/** What happened to an object, the newest first. */
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { t } from "../texts/en.ts";

interface Event {
  metadata: { name: string };
  type: string;
  reason: string;
  message: string;
  count?: number;
  lastTimestamp?: string;
  firstTimestamp?: string;
}

const MOST = 30;
const EVERY_MS = 30_000;

export function Events({ kind, name, when }: { kind: string; name: string; when: unknown }) {
  const field = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const { value, error } = useAsked<{ items: Event[] }>(`/api/v1/events?fieldSelector=${encodeURIComponent(field)}`, { when, everyMs: EVERY_MS });
  const atOf = ({ lastTimestamp, firstTimestamp }: Event): number => Date.parse(lastTimestamp ?? firstTimestamp ?? "");
  const events = (value?.items ?? []).toSorted((one, other) => atOf(other) - atOf(one)).slice(0, MOST);
  return (
    <Panel title={t.camera.events}>
      <Refusal error={error} />
      {value !== null && events.length === 0 && <p class="note">{t.camera.noEvents}</p>}
      {value === null && error === null && <p role="status">{t.sheet.loading}</p>}
      {events.length > 0 && (
        <table class="plain">
          <tbody>
            {events.map((event) => (
              <tr key={event.metadata.name}>
                <td>{Number.isNaN(atOf(event)) ? "" : <Since at={atOf(event)} />}</td>
                <td>
                  <strong>{event.type === "Warning" ? "▲ " : ""}{event.reason}</strong>
                  {(event.count ?? 1) > 1 && ` ${t.camera.times(event.count ?? 1)}`}
                  <div class="soft">{event.message}</div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
