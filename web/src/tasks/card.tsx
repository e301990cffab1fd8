/** One task in the list: its picture with what was found, and how it stands. */
import { linkTo, place } from "../route.ts";
import { words } from "../texts/tasks_en.ts";
import { Shot } from "./shot.tsx";
import { Moment, StatusOf } from "./status.tsx";
import { type Model, type Result, type Task, answersIn, className, counted } from "./task.ts";
import { useResult } from "./use_result.ts";

export function Card({ task, models, onDelete }: { task: Task; models: Model[]; onDelete: () => void }) {
  const result = useResult(task);
  const boxes = (result && answersIn(result).boxes) ?? [];
  return (
    <li class={`card ${task.status}`} data-task={task.id}>
      <a href={linkTo(["tasks", String(task.id)], Object.fromEntries(place.value.query))}>
        <Shot task={task} boxes={boxes} />
        <span class="card-name">
          <strong>{words.name(task.id)}</strong> <StatusOf status={task.status} />
        </span>
        <span class="card-said">{saidOf(task, result, models)}</span>
        <span class="card-about">
          {task.models.map(({ name }) => name).filter(Boolean).join(", ") || words.kinds[task.kind]} · <Moment at={task.created_at} />
        </span>
      </a>
      <button type="button" class="quiet card-delete" aria-label={words.deleteOf(task.id)} onClick={onDelete}>✕</button>
    </li>
  );
}

/** What came of a task, in a few words. */
function saidOf(task: Task, result: Result | null, models: Model[]): string {
  if (task.status === "failed") return task.error ?? "";
  if (task.status === "pending" || task.status === "sent") return words.waits[task.status];
  if (result === null) return "";
  const { boxes, classes } = answersIn(result);
  const said: string[] = [];
  if (boxes !== null) {
    const counts = counted(boxes.map(({ class_id }) => className(models, task, "detection", class_id)));
    said.push(counts.map(([name, count]) => words.times(name, count)).join(", ") || words.noBoxes);
  }
  if (classes !== null) {
    const [best] = classes;
    said.push(best ? words.sure(className(models, task, "classification", best.class_id), best.probability) : words.noClass);
  }
  return said.join(" · ");
}
