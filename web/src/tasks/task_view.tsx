/** One task: its picture as large as it fits, and everything that was found in it. */
import { useState } from "preact/hooks";
import { Refused } from "../api/ask.ts";
import { useKeys } from "../keys.ts";
import { Bar } from "../parts/bar.tsx";
import { Facts, Panel } from "../parts/sheet.tsx";
import { go, linkTo, place, setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { DeleteDialog } from "./delete_dialog.tsx";
import { Fault } from "./fault.tsx";
import { useModels } from "./list.tsx";
import { Shot } from "./shot.tsx";
import { Moment, StatusOf } from "./status.tsx";
import { type Found, type ImageClass, type Task, className, isBox, isUnanswered } from "./task.ts";
import { changes } from "./uploads.ts";
import { usePaced } from "./use_paced.ts";
import { useResult } from "./use_result.ts";

export function TaskView({ id }: { id: string }) {
  const [isLeaving, setLeaving] = useState(false);
  const { value: task, error } = usePaced<Task>(`/tasks/${id}`, isUnanswered, changes.value);
  const result = useResult(task);
  const models = useModels(task?.status);
  const { box: _box, ...kept } = Object.fromEntries(place.value.query);
  const list = linkTo([], kept);
  const canDelete = task !== null;
  useKeys(
    [
      { key: "b", does: t.tasks.keys.back, act: () => go(list) },
      { key: "Delete", does: t.tasks.keys.delete, act: () => canDelete && setLeaving(true) },
    ],
    [list, canDelete],
  );
  const leave = isLeaving && <DeleteDialog id={Number(id)} onClose={() => setLeaving(false)} />;
  if (task === null) {
    const isGone = error instanceof Refused && error.code === 404;
    return (
      <main class="empty" id="content">
        <h1>{t.tasks.name(id)}</h1>
        {error === null ? <p role="status">{t.tasks.loading}</p> : isGone ? <p>{t.tasks.gone}</p> : <Fault error={error} />}
        <a href={list}>{t.tasks.back}</a>
        {leave}
      </main>
    );
  }
  const found = result?.result ?? [];
  const names = found.map(({ class_id }) => className(models, task, class_id));
  const asked = place.value.query.get("box");
  const marked = asked !== null && /^\d{1,4}$/.test(asked) && Number(asked) < found.length ? Number(asked) : -1;
  return (
    <main class="sheet task" id="content">
      <header class="sheet-head">
        <h1>
          <a href={list}>{t.tasks.title}</a> <span aria-hidden="true">/</span> {t.tasks.name(task.id)}
        </h1>
        <span class="sheet-state"><StatusOf status={task.status} /></span>
        <div class="sheet-actions">
          <button type="button" class="danger" onClick={() => setLeaving(true)}>{t.tasks.delete}</button>
        </div>
      </header>
      <Fault error={error} />
      {task.status === "failed" && <p role="alert" class="error">{t.tasks.failed(task.error ?? "")}</p>}
      {isUnanswered(task) && <p role="status" class="note">{t.tasks.waits[task.status as "pending" | "sent"]}</p>}
      <Shot
        task={task}
        boxes={found.filter(isBox)}
        names={found.map((one, index) => t.tasks.sure(names[index] ?? "", one.probability))}
        marked={marked}
        eager
      />
      <div class="panels">
        {task.status === "done" && (
          <Panel title={t.tasks.found(task.kind, found.length)}>
            {result === null ? (
              <p role="status" class="note">{t.tasks.loading}</p>
            ) : found.length === 0 ? (
              <p class="note">{task.kind === "detection" ? t.tasks.noBoxes : t.tasks.noClass}</p>
            ) : (
              <FoundTable found={found} names={names} marked={marked} />
            )}
          </Panel>
        )}
        <Panel title={t.tasks.about}>
          <Facts
            of={[
              [t.tasks.asked, t.tasks.kinds[task.kind]],
              [t.tasks.model, task.model ?? (task.answered_at === null ? null : t.tasks.noModel)],
              [t.tasks.size, t.tasks.pixels(task.width, task.height)],
              [t.tasks.came, <Moment at={task.created_at} />],
              [t.tasks.answered, task.answered_at && <Moment at={task.answered_at} />],
              [t.tasks.took, task.answered_at && t.tasks.seconds((Date.parse(task.answered_at) - Date.parse(task.created_at)) / 1000)],
            ]}
          />
        </Panel>
      </div>
      {leave}
    </main>
  );
}

function FoundTable({ found, names, marked }: { found: readonly (Found | ImageClass)[]; names: readonly string[]; marked: number }) {
  const areBoxes = found.some(isBox);
  return (
    <div class="found">
      <table>
        <thead>
          <tr>
            <th scope="col">{t.tasks.class}</th>
            <th scope="col">{t.tasks.probability}</th>
            {areBoxes && <th scope="col">{t.tasks.where}</th>}
          </tr>
        </thead>
        <tbody>
          {found.map((one, index) => (
            <tr key={index} class={marked === index ? "marked" : ""}>
              <td>
                {areBoxes ? (
                  <button
                    type="button"
                    class="quiet"
                    aria-pressed={marked === index}
                    onClick={() => setQuery({ box: marked === index ? "" : String(index) })}
                  >
                    {names[index]}
                  </button>
                ) : (
                  names[index]
                )}
              </td>
              <td><Bar used={one.probability} limit={1} label={names[index] ?? ""} says={t.tasks.share(one.probability)} /></td>
              {isBox(one) && <td>{t.tasks.box(one)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
