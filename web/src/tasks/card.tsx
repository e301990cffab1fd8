/** One task in the list: its picture with what was found, and how it stands. */
import { linkTo, place } from "../route.ts";
import { words } from "../texts/tasks_en.ts";
import { Shot } from "./shot.tsx";
import { Moment, StatusOf } from "./status.tsx";
import { type Model, type Result, type Task, className, counted, isBox } from "./task.ts";
import { useResult } from "./use_result.ts";

export function Card({ task, models, onDelete }: { task: Task; models: Model[]; onDelete: () => void }) {
  const result = useResult(task);
  const found = result?.result ?? [];
  return (
    <li class={`card ${task.status}`} data-task={task.id}>
      <a href={linkTo(["tasks", String(task.id)], Object.fromEntries(place.value.query))}>
        <Shot task={task} boxes={found.filter(isBox)} />
        <span class="card-name">
          <strong>{words.name(task.id)}</strong> <StatusOf status={task.status} />
        </span>
        <span class="card-said">{saidOf(task, result, models)}</span>
        <span class="card-about">
          {task.model ?? words.kinds[task.kind]} · <Moment at={task.created_at} />
        </span>
      </a>
      <button type="button" class="quiet card-delete" aria-label={words.deleteOf(task.id)} onClick={onDelete}>✕</button>
    </li>
  );
}

/** What came of a task, in a few words. */
function saidOf(task: Task, result: Result | null, models: Model[]): string {
  if (task.status === "failed") return task.error ?? "";
  if (task.status !== "done") return words.waits[task.status];
  const found = result?.result;
  if (!found) return "";
  const [best] = found;
  if (task.kind === "classification") {
    return best ? words.sure(className(models, task, best.class_id), best.probability) : words.noClass;
  }
  if (!best) return words.noBoxes;
  return counted(found.map(({ class_id }) => className(models, task, class_id)))
    .map(([name, count]) => words.times(name, count))
    .join(", ");
}
