/** The answer to a task. It never changes: it is asked for once; of both, once for each step. */
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { type Result, type Task, hasResult } from "./task.ts";

/** By id and status. */
const known = new Map<string, Result>();
/** A person pages through thousands; what is forgotten is asked for again. */
const MOST = 200;

/** Null as long as there is none, or it is not here yet. */
export function useResult(task: Task | null): Result | null {
  const key = task !== null && hasResult(task) ? `${task.id} ${task.status}` : null;
  const id = task?.id;
  const [result, setResult] = useState<Result | null>(null);
  useEffect(() => {
    if (key === null || known.has(key)) return;
    const asking = new AbortController();
    ask<Result>(`/tasks/${id}/result`, { signal: asking.signal }).then(
      (said) => {
        if (known.size >= MOST) known.clear();
        known.set(`${said.id} ${said.status}`, said);
        setResult(said);
      },
      // The task is shown without it; whether the service is there, the list says.
      () => undefined,
    );
    return () => asking.abort();
  }, [key]);
  if (key === null) return null;
  // What came of the step before is shown until the next is here.
  return known.get(key) ?? (result?.id === id ? result : null);
}
