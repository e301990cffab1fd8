/** What an instance prints: followed, held still, searched. */
import "./logs.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { Refusal } from "../parts/refusal.tsx";
import { place, setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { LineList } from "./line_list.tsx";
import { type Line, LogLines, MOST_LINES, linesWith, nextFound } from "./log_lines.ts";
import { type LogState, readLog } from "./log_stream.ts";

/** What came is shown so often. */
const SHOWN_EVERY_MS = 250;
const SINCE = ["", "300", "3600", "21600", "86400"] as const;

interface Shown {
  lines: readonly Line[];
  total: number;
}

const NOTHING: Shown = { lines: [], total: 0 };

export function LogView({ instance }: { instance: string }) {
  const { query } = place.value;
  const find = query.get("find") ?? "";
  const isPrevious = query.get("run") === "before";
  const since = SINCE.find((one) => one === query.get("since")) ?? "";
  const hasTimes = query.get("times") === "1";
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [total, setTotal] = useState(0);
  const [state, setState] = useState<LogState>({ is: "asking" });
  const [isFollowing, setFollowing] = useState(true);
  const [at, setAt] = useState<number | null>(null);
  const [attempt, setAttempt] = useState(0);
  const following = useRef(true);
  following.current = isFollowing;
  const search = useRef<HTMLInputElement>(null);
  const known = useRef(new LogLines());

  useEffect(() => {
    const [lines, reading] = [new LogLines(), new AbortController()];
    known.current = lines;
    let newest: LogState = { is: "asking" };
    let isTold = true;
    const show = (): void => {
      if (isTold) return;
      isTold = true;
      setState(newest);
      setTotal(lines.total);
      if (following.current) setShown({ lines: lines.lines.slice(-MOST_LINES), total: lines.total });
    };
    setShown(NOTHING);
    setTotal(0);
    setAt(null);
    void readLog(
      { instance, isPrevious, sinceSeconds: since === "" ? null : Number(since) },
      lines,
      (said) => {
        newest = said;
        isTold = false;
      },
      reading.signal,
    );
    const timer = setInterval(show, SHOWN_EVERY_MS);
    return () => {
      clearInterval(timer);
      reading.abort();
    };
  }, [instance, isPrevious, since, attempt]);

  const follow = (isOn: boolean): void => {
    setFollowing(isOn);
    if (!isOn) return;
    setAt(null);
    setShown({ lines: known.current.lines.slice(-MOST_LINES), total: known.current.total });
  };
  const found = useMemo(() => linesWith(shown.lines, find), [shown, find]);
  const index = at === null ? -1 : shown.lines.findIndex(({ number }) => number === at);
  const step = (by: 1 | -1): void => {
    const next = nextFound(found, index < 0 && by < 0 ? shown.lines.length : index, by);
    if (next === null) return;
    setFollowing(false);
    setAt(shown.lines[next]?.number ?? null);
  };
  useKeys(
    [
      { key: "/", does: t.logs.find, act: () => search.current?.focus() },
      { key: "n", does: t.logs.next, act: () => step(1) },
      { key: "N", does: t.logs.previous, act: () => step(-1) },
      { key: "f", does: t.logs.follow, act: () => follow(!following.current) },
    ],
    [found, index],
  );
  return (
    <section class="log" aria-label={t.logs.of(instance)}>
      <div class="log-tools">
        <label class="inline">
          {t.logs.run}
          <select value={isPrevious ? "before" : ""} onChange={(event) => setQuery({ run: event.currentTarget.value })}>
            <option value="">{t.logs.thisRun}</option>
            <option value="before">{t.logs.runBefore}</option>
          </select>
        </label>
        <label class="inline">
          {t.logs.since}
          <select value={since} onChange={(event) => setQuery({ since: event.currentTarget.value })}>
            {SINCE.map((one) => <option key={one} value={one}>{t.logs.sinceOf(Number(one))}</option>)}
          </select>
        </label>
        <label class="inline">
          <input type="checkbox" checked={hasTimes} onChange={(event) => setQuery({ times: event.currentTarget.checked ? "1" : "" })} />
          {t.logs.times}
        </label>
        <form
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            step(1);
          }}
        >
          <input
            ref={search}
            type="search"
            aria-label={t.logs.find}
            placeholder={t.logs.find}
            value={find}
            onInput={(event) => setQuery({ find: event.currentTarget.value })}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
          <button type="button" disabled={found.length === 0} onClick={() => step(-1)} aria-label={t.logs.previous}>↑</button>
          <button type="submit" disabled={found.length === 0} aria-label={t.logs.next}>↓</button>
          <span class="log-found" role="status">{find === "" ? "" : t.logs.found(found.indexOf(index) + 1, found.length)}</span>
        </form>
      </div>
      <LineList
        lines={shown.lines}
        label={t.logs.of(instance)}
        find={find}
        at={index}
        hasTimes={hasTimes}
        isFollowing={isFollowing}
        onLeave={() => setFollowing(false)}
      />
      <div class="log-foot">
        {!isPrevious && (
          <button type="button" aria-pressed={isFollowing} onClick={() => follow(!isFollowing)}>
            {isFollowing ? t.logs.pause : t.logs.follow}
          </button>
        )}
        <span class="soft">
          {t.logs.lines(shown.lines.length)}
          {shown.total > shown.lines.length && ` ${t.logs.dropped}`}
          {!isFollowing && total > shown.total && ` · ${t.logs.more(total - shown.total)}`}
        </span>
        <span class="log-state" role="status">{textOf(state)}</span>
        {state.is === "refused" && (
          <>
            <Refusal error={state.error} />
            <button type="button" onClick={() => setAttempt(attempt + 1)}>{t.logs.tryAgain}</button>
          </>
        )}
      </div>
    </section>
  );
}

function textOf(state: LogState): string {
  if (state.is === "refused") return "";
  return state.is === "again" ? state.why || t.logs.states.again : t.logs.states[state.is];
}
