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
import { type Found, type ImageClass, type Task, answersIn, className, isBox, isUnanswered } from "./task.ts";
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
  const { boxes, classes } = result === null ? NOTHING : answersIn(result);
  const found = boxes ?? [];
  const names = found.map(({ class_id }) => className(models, task, "detection", class_id));
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
      {isUnanswered(task) && <p role="status" class="note">{words.waits[task.status as keyof typeof words.waits]}</p>}
      {task.waiting_for !== null && <p role="status" class="banner">{words.missing(task.waiting_for)}</p>}
      <Shot
        task={task}
        boxes={found}
        names={found.map((one, index) => words.sure(names[index] ?? "", one.probability))}
        marked={marked}
        eager
      />
      <div class="panels">
        {result === null && task.status === "done" && <p role="status" class="note">{words.loading}</p>}
        {boxes !== null && (
          <Panel title={words.found(boxes.length)}>
            {boxes.length === 0 ? <p class="note">{words.noBoxes}</p> : <FoundTable found={boxes} names={names} marked={marked} />}
          </Panel>
        )}
        {classes !== null && (
          <Panel title={words.classes}>
            {classes.length === 0 ? (
              <p class="note">{words.noClass}</p>
            ) : (
              <FoundTable found={classes} names={classes.map(({ class_id }) => className(models, task, "classification", class_id))} marked={-1} />
            )}
          </Panel>
        )}
        <Panel title={words.about}>
          <Facts
            of={[
              [words.asked, words.kinds[task.kind]],
              [words.model, task.models.length > 0 && <AnsweredBy models={task.models} />],
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

const NOTHING = { boxes: null, classes: null };

/** The names; what tells each from others of its name is shown to who asks for it. */
function AnsweredBy({ models }: { models: Task["models"] }) {
  return models.map(({ kind, name, digest }, index) => (
    <span key={kind} title={digest ?? ""}>
      {index > 0 && ", "}
      {name ?? words.noModel}
    </span>
  ));
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
