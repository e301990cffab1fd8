/** One task: its picture as large as it fits, and everything that was found in it. */
import { useState } from "preact/hooks";
import { Refused } from "../api/ask.ts";
import { useKeys } from "../keys.ts";
import { Bar } from "../parts/bar.tsx";
import { Facts, Panel } from "../parts/sheet.tsx";
import { go, linkTo, place, setQuery } from "../route.ts";
import { words } from "../texts/tasks_en.ts";
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
  const { box: _box, ...kept } = Object.fromEntries(place.value.query);
  const list = linkTo([], kept);
  const canDelete = task !== null;
  useKeys(
    [
      { key: "b", does: words.keys.back, act: () => go(list) },
      { key: "Delete", does: words.keys.delete, act: () => canDelete && setLeaving(true) },
    ],
    [list, canDelete],
  );
  const isGone = error instanceof Refused && error.code === 404;
  const close = (): void => {
    setLeaving(false);
    if (isGone) go(list);
  };
  return (
    <>
      {task === null ? (
        <main class="empty" id="content">
          <h1>{words.name(id)}</h1>
          {error === null ? <p role="status">{words.loading}</p> : isGone ? <p>{words.gone}</p> : <Fault error={error} />}
          <a href={list}>{words.back}</a>
        </main>
      ) : (
        <TaskSheet task={task} error={error} list={list} onDelete={() => setLeaving(true)} />
      )}
      {isLeaving && <DeleteDialog id={Number(id)} onClose={close} />}
    </>
  );
}

function TaskSheet({ task, error, list, onDelete }: { task: Task; error: unknown; list: string; onDelete: () => void }) {
  const result = useResult(task);
  const models = useModels(task.status);
  const found = result?.result ?? [];
  const names = found.map(({ class_id }) => className(models, task, class_id));
  const asked = place.value.query.get("box");
  const marked = asked !== null && /^\d{1,4}$/.test(asked) && Number(asked) < found.length ? Number(asked) : -1;
  return (
    <main class="sheet task" id="content">
      <header class="sheet-head">
        <h1>
          <a href={list}>{words.title}</a> <span aria-hidden="true">/</span> {words.name(task.id)}
        </h1>
        <span class="sheet-state"><StatusOf status={task.status} /></span>
        <div class="sheet-actions">
          <button type="button" class="danger" onClick={onDelete}>{words.delete}</button>
        </div>
      </header>
      <Fault error={error} />
      {task.status === "failed" && <p role="alert" class="error">{words.failed(task.error ?? "")}</p>}
      {isUnanswered(task) && <p role="status" class="note">{words.waits[task.status as "pending" | "sent"]}</p>}
      <Shot
        task={task}
        boxes={found.filter(isBox)}
        names={found.map((one, index) => words.sure(names[index] ?? "", one.probability))}
        marked={marked}
        eager
      />
      <div class="panels">
        {task.status === "done" && (
          <Panel title={words.found(task.kind, found.length)}>
            {result === null ? (
              <p role="status" class="note">{words.loading}</p>
            ) : found.length === 0 ? (
              <p class="note">{task.kind === "detection" ? words.noBoxes : words.noClass}</p>
            ) : (
              <FoundTable found={found} names={names} marked={marked} />
            )}
          </Panel>
        )}
        <Panel title={words.about}>
          <Facts
            of={[
              [words.asked, words.kinds[task.kind]],
              [words.model, task.model ?? (task.answered_at === null ? null : words.noModel)],
              [words.size, words.pixels(task.width, task.height)],
              [words.came, <Moment at={task.created_at} />],
              [words.answered, task.answered_at && <Moment at={task.answered_at} />],
              [words.took, task.answered_at && words.seconds((Date.parse(task.answered_at) - Date.parse(task.created_at)) / 1000)],
            ]}
          />
        </Panel>
      </div>
    </main>
  );
}

function FoundTable({ found, names, marked }: { found: readonly (Found | ImageClass)[]; names: readonly string[]; marked: number }) {
  const areBoxes = found.some(isBox);
  return (
    <div class="found" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.class}</th>
            <th scope="col">{words.probability}</th>
            {areBoxes && <th scope="col">{words.where}</th>}
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
              <td><Bar used={one.probability} limit={1} label={names[index] ?? ""} says={words.share(one.probability)} /></td>
              {isBox(one) && <td>{words.box(one)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
