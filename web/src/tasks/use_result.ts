/** The answer to a task. It never changes: it is asked for once. */
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import type { Result, Task } from "./task.ts";

const known = new Map<number, Result>();
/** A person pages through thousands; what is forgotten is asked for again. */
const MOST = 200;

/** Null as long as there is none, or it is not here yet. */
export function useResult(task: Task | null): Result | null {
  const id = task !== null && task.status === "done" ? task.id : null;
  const [result, setResult] = useState<Result | null>(null);
  useEffect(() => {
    if (id === null || known.has(id)) return;
    const asking = new AbortController();
    ask<Result>(`/tasks/${id}/result`, { signal: asking.signal }).then(
      (said) => {
        if (known.size >= MOST) known.clear();
        known.set(id, said);
        setResult(said);
      },
      // The task is shown without it; whether the service is there, the list says.
      () => undefined,
    );
    return () => asking.abort();
  }, [id]);
  if (id === null) return null;
  return known.get(id) ?? (result?.id === id ? result : null);
}
