/** Where a task stands, by a sign and by a word; and when something was. */
import { words } from "../texts/tasks_en.ts";
import type { Status } from "./task.ts";

const SIGNS: Readonly<Record<Status, string>> = { pending: "○", sent: "◔", detected: "◑", classifying: "◕", done: "●", failed: "✖" };
const LOOKS: Readonly<Record<Status, string>> = {
  pending: "unknown",
  sent: "unknown",
  detected: "unknown",
  classifying: "unknown",
  done: "ready",
  failed: "dark",
};

export function StatusOf({ status }: { status: Status }) {
  return (
    <span class={`state ${LOOKS[status]}`}>
      <span aria-hidden="true">{SIGNS[status]}</span> {words.statuses[status]}
    </span>
  );
}

export function Moment({ at }: { at: string }) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={date.toLocaleString()}>
      {isToday ? date.toLocaleTimeString() : date.toLocaleDateString()}
    </time>
  );
}
