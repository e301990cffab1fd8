/** One event, and behind it what came of it. */
import { useState } from "preact/hooks";
import { Since } from "../parts/since.tsx";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import type { Folded } from "./chosen.ts";
import type { FleetEvent } from "./events.ts";

const ROOMS: Readonly<Record<string, string>> = { Camera: "cameras", DsInstance: "instances", Node: "nodes" };

/**
 * @param cause what it came of, when that is not shown above it.
 */
export function EventItem({ one, cause }: { one: Folded; cause?: FleetEvent | undefined }) {
  const { event, effects, all, warnings } = one;
  // A warning is not folded away below what is none.
  const [chosen, setOpen] = useState<boolean | null>(null);
  const isOpen = chosen ?? (warnings > 0 && !event.isWarning);
  return (
    <li class={event.isWarning ? "warning" : ""}>
      <div class="event">
        <span class="event-type">
          <span aria-hidden="true">{event.isWarning ? "▲" : "·"}</span>{" "}
          <span class={event.isWarning ? "" : "hidden"}>{event.isWarning ? t.events.warning : t.events.normal}</span>
        </span>
        <strong>{event.reason}</strong>
        <ObjectLink event={event} />
        <span class="note event-time">
          <Since at={event.last} says={t.changes.ago} />
          {event.count > 1 && <> · {t.events.times(event.count)} <Since at={event.first} says={t.events.firstAgo} /></>}
        </span>
        <span class="event-message">{event.message}</span>
        {cause !== undefined && (
          <span class="note event-message">{t.events.cameOf} {cause.reason} <ObjectLink event={cause} /></span>
        )}
      </div>
      {all > 0 && (
        <details open={isOpen} onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
          <summary>{t.events.effects(all, warnings)}</summary>
          {isOpen && (
            <ol class="event-list">
              {effects.map((effect) => <EventItem key={effect.event.key} one={effect} />)}
            </ol>
          )}
        </details>
      )}
    </li>
  );
}

function ObjectLink({ event: { kind, name } }: { event: FleetEvent }) {
  const room = ROOMS[kind];
  const word = (t.events.kinds as Record<string, string>)[kind] ?? kind;
  if (room === undefined) return <a href={linkTo(["changes"])}>{word}</a>;
  return <a href={linkTo([room, name])}>{word} {name}</a>;
}
