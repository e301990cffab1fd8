/** What happened to the objects of the fleet, as the API tells it. */
import { Refused, ask, askText } from "../api/ask.ts";

/** One that repeats is one event, with a count and the newest message. */
export interface FleetEvent {
  /** Names it among all others. */
  key: string;
  /** Of the object: Camera, DsInstance, Node, or Fleet. */
  kind: string;
  name: string;
  isWarning: boolean;
  reason: string;
  message: string;
  count: number;
  /** When it was told first and last, in ms since 1970. */
  first: number;
  last: number;
  version: string;
}

/** All of them, and up to which version. */
export interface EventLog {
  events: ReadonlyMap<string, FleetEvent>;
  version: string;
}

interface CoreEvent {
  metadata: { name: string; resourceVersion: string };
  involvedObject: { kind: string; name: string };
  type: string;
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
}

type Line = { type: string; object: CoreEvent };

export const EVENTS = "/api/v1/events";
/** How long the API waits for what happens after the version that was asked for: no longer than needed to say what did. */
const WAIT_SECONDS = 1;

export function eventOf({ metadata, involvedObject, ...said }: CoreEvent): FleetEvent {
  return {
    key: metadata.name,
    kind: involvedObject.kind,
    name: involvedObject.name,
    isWarning: said.type === "Warning",
    reason: said.reason,
    message: said.message,
    count: said.count,
    first: Date.parse(said.firstTimestamp),
    last: Date.parse(said.lastTimestamp),
    version: metadata.resourceVersion,
  };
}

/** What is known after some lines of a watch; null when they say that what was known is too old. */
export function after(log: EventLog, text: string): EventLog | null {
  const lines = text.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Line);
  if (lines.length === 0) return log;
  if (lines.some(({ type }) => type === "ERROR")) return null;
  const events = new Map(log.events);
  let { version } = log;
  for (const { type, object } of lines) {
    version = object.metadata.resourceVersion;
    if (type === "DELETED") events.delete(object.metadata.name);
    else if (type !== "BOOKMARK") events.set(object.metadata.name, eventOf(object));
  }
  return { events, version };
}

/** All events, or what is known already with what happened since. Raises Refused, or Away. */
export async function askEvents(known: EventLog | null, signal: AbortSignal): Promise<EventLog> {
  if (known !== null) {
    const query = new URLSearchParams({ watch: "true", resourceVersion: known.version, timeoutSeconds: String(WAIT_SECONDS) });
    try {
      const found = after(known, await askText(`${EVENTS}?${query}`, { signal, accept: "application/json" }));
      if (found !== null) return found;
    } catch (error) {
      // Of another life of the controller, perhaps: all are asked for.
      if (!(error instanceof Refused) || error.code === 401 || error.code === 403) throw error;
    }
  }
  const { items, metadata } = await ask<{ items: CoreEvent[]; metadata: { resourceVersion: string } }>(EVENTS, { signal });
  return { events: new Map(items.map((item) => [item.metadata.name, eventOf(item)])), version: metadata.resourceVersion };
}
