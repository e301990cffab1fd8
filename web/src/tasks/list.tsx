/** All tasks of a person, the newest first, and where pictures become new ones. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo, place, setQuery } from "../route.ts";
import { words } from "../texts/tasks_en.ts";
import { chosenKind, isOver } from "./arriving.ts";
import { Card } from "./card.tsx";
import { DeleteDialog } from "./delete_dialog.tsx";
import { Fault } from "./fault.tsx";
import { type Filters, KINDS, type Model, STATUSES, type Task, type TaskPage, filtersOf, isUnanswered, pathOf, stepsLeft, unserved } from "./task.ts";
import { changes, upload, uploads } from "./uploads.ts";
import { Uploads } from "./uploads_view.tsx";
import { usePaced } from "./use_paced.ts";

const A_MINUTE_MS = 60_000;

/** What workers run; asked for again when that may have changed, and someone waits for them. */
export function useModels(when: unknown): Model[] {
  return useAsked<Model[]>("/models", { when }).value ?? [];
}

export function List() {
  const filters = filtersOf(place.value.query);
  const { value, error } = usePaced<TaskPage>(pathOf(filters), ({ tasks }) => tasks.some(isUnanswered), changes.value);
  const waiting = value?.tasks.filter(isUnanswered) ?? [];
  // A model that has answered may have come after the list of them was asked for.
  const answered = value?.tasks.flatMap((task) => task.models.map(({ name }) => name)) ?? [];
  const models = useModels(`${[...new Set(answered)].join()} ${waiting.length} ${waiting.length > 0 && Math.floor(Date.now() / A_MINUTE_MS)}`);
  const [leaving, setLeaving] = useState<Task | null>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.closest("main")?.scrollTo(0, 0), [filters.before]);
  const isFiltered = filters.status !== "" || filters.model !== "" || filters.before !== "";
  const wanted = [...waiting, ...uploads.value.map(({ kind }) => ({ kind }))].flatMap(stepsLeft);
  return (
    <main id="content" class="tasks">
      <h1>{words.title}</h1>
      <Drop />
      <Uploads />
      {models.length + wanted.length > 0 &&
        unserved(models, wanted.length > 0 ? wanted : stepsLeft({ kind: chosenKind() })).map((kind) => (
          <p key={kind} class="banner" role="status">{words.unserved(kind)}</p>
        ))}
      <Tools filters={filters} models={models} />
      <Fault error={error} />
      {value === null && error === null && <p role="status" class="note">{words.loading}</p>}
      {value !== null && value.tasks.length === 0 && (
        <div class="nothing">
          <p>{isFiltered ? words.nothing : words.empty}</p>
          {isFiltered && <a class="button" href={linkTo([])}>{words.clear}</a>}
        </div>
      )}
      <ul class="cards" ref={list}>
        {value?.tasks.map((task) => (
          <Card key={task.id} task={task} models={models} onDelete={() => setLeaving(task)} />
        ))}
      </ul>
      <Pages filters={filters} next={value?.next_before ?? null} />
      {leaving !== null && <DeleteDialog id={leaving.id} onClose={() => setLeaving(null)} />}
    </main>
  );
}

function Drop() {
  const input = useRef<HTMLInputElement>(null);
  useKeys([{ key: "u", does: words.keys.choose, act: () => input.current?.click() }]);
  const kind = chosenKind();
  const take = (event: Event): void => {
    const chosen = event.currentTarget as HTMLInputElement;
    if (chosen.files !== null) upload(Array.from(chosen.files), kind);
    // The same file may be chosen once more.
    chosen.value = "";
  };
  return (
    <section class={isOver.value ? "drop over" : "drop"} aria-labelledby="drop-title">
      <h2 id="drop-title">{words.drop}</h2>
      <div class="drop-how">
        <label class="button primary">
          {words.choose}
          <input ref={input} class="hidden" type="file" multiple accept="image/jpeg,image/png" onChange={take} />
        </label>
        <label class="inline">
          {words.kind}
          <select value={kind} onChange={(event) => setQuery({ kind: event.currentTarget.value })}>
            {KINDS.map((one) => <option key={one} value={one}>{words.kinds[one]}</option>)}
          </select>
        </label>
      </div>
    </section>
  );
}

function Tools({ filters, models }: { filters: Filters; models: Model[] }) {
  const names = Array.from(new Set([...models.map(({ name }) => name), filters.model].filter(Boolean))).sort();
  return (
    <div class="tools">
      <div class="counts" role="group" aria-label={words.byStatus}>
        {["", ...STATUSES].map((status) => (
          <button
            key={status}
            type="button"
            class="count"
            aria-pressed={filters.status === status}
            onClick={() => setQuery({ status, before: "" })}
          >
            {status === "" ? words.all : words.statuses[status as keyof typeof words.statuses]}
          </button>
        ))}
      </div>
      <label class="inline">
        {words.model}
        <select value={filters.model} onChange={(event) => setQuery({ model: event.currentTarget.value, before: "" })}>
          <option value="">{words.anyModel}</option>
          {names.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
    </div>
  );
}

function Pages({ filters, next }: { filters: Filters; next: number | null }) {
  if (next === null && filters.before === "") return null;
  const to = (before: string): string => linkTo([], { ...Object.fromEntries(place.value.query), before });
  return (
    <nav class="pages" aria-label={words.pages}>
      {filters.before !== "" && <a class="button" href={to("")}>{words.newest}</a>}
      {next !== null && <a class="button" href={to(String(next))}>{words.older}</a>}
    </nav>
  );
}
