/** What a camera went through: frames and counts as plots, when it was blind, and what its state was. */
import { useMemo } from "preact/hooks";
import { controllerNow } from "../live/fleet.ts";
import { Refusal } from "../parts/refusal.tsx";
import { Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { State } from "../parts/state.tsx";
import { linkTo, place } from "../route.ts";
import { t } from "../texts/en.ts";
import { HOURS, type History, blindSeconds, boundsOf, timesOf, totalOf } from "./history.ts";
import { Legend, Plot } from "./plot.tsx";

const READY = { True: "ready", False: "dark", Unknown: "unknown" } as const;
const MOST_ROWS = 20;

export function Plots({ name, hours, history, error }: { name: string; hours: number; history: History | null; error: unknown }) {
  const times = useMemo(() => (history ? timesOf(history) : []), [history]);
  const frames = useMemo(() => (history ? [{ label: t.camera.fps, values: history.fps }] : []), [history]);
  const counts = useMemo(
    () => Object.entries({ ...history?.counts }).map(([label, values]) => ({ label, values })),
    [history],
  );
  const regions = useMemo(
    () => Object.entries({ ...history?.regions }).map(([label, values]) => ({ label, values })),
    [history],
  );
  const bounds = history && boundsOf(history.fps);
  return (
    <Panel title={t.camera.history} wide>
      <nav class="row" aria-label={t.camera.range}>
        {HOURS.map((one) => (
          <a
            key={one}
            class="button"
            href={linkTo(["cameras", name], { ...Object.fromEntries(place.value.query), hours: one === HOURS[1] ? "" : String(one) })}
            {...(one === hours ? { "aria-current": "true" as const } : {})}
          >
            {t.camera.hours(one)}
          </a>
        ))}
      </nav>
      <Refusal error={error} />
      {history === null ? (
        error === null && <p role="status" class="plots-wait">{t.sheet.loading}</p>
      ) : history.none !== null ? (
        <p class="note">{t.camera.noSeries(history.none)}</p>
      ) : (
        <div class="plots">
          <figure>
            <figcaption><h3>{t.camera.fps}</h3> <span class="soft">{bounds ? t.camera.fpsOf(bounds.now, bounds.least, bounds.most) : ""}</span></figcaption>
            <Plot times={times} lines={frames} says={`${t.camera.fps}: ${bounds ? t.camera.fpsOf(bounds.now, bounds.least, bounds.most) : ""}`} />
          </figure>
          <Counted title={t.camera.counts} none={history.countsNone ?? t.camera.noLines} {...{ times, lines: counts }} says={(label, values) => t.camera.crossed(label, totalOf(values))} />
          {regions.length > 0 && (
            <Counted title={t.camera.regions} none="" {...{ times, lines: regions }} says={(label, values) => t.camera.within(label, values.at(-1) ?? null)} />
          )}
          {history.leftOut > 0 && <p class="note">{t.camera.leftOut(history.leftOut)}</p>}
        </div>
      )}
    </Panel>
  );
}

type Lines = Parameters<typeof Plot>[0]["lines"];

function Counted(props: {
  title: string;
  none: string;
  times: readonly number[];
  lines: Lines;
  says: (label: string, values: Lines[number]["values"]) => string;
}) {
  const { title, none, times, lines } = props;
  const says = lines.map(({ label, values }) => props.says(label, values)).join(", ");
  return (
    <figure>
      <figcaption><h3>{title}</h3> <span class="soft">{lines.length > 0 ? says : none}</span></figcaption>
      {lines.length > 0 && <Plot times={times} lines={lines} says={`${title}: ${says}`} />}
      <Legend lines={lines} />
    </figure>
  );
}

export function BlindTimes({ history, hours }: { history: History; hours: number }) {
  const { blind } = history;
  const now = controllerNow.peek();
  const seconds = blindSeconds(blind, now - hours * 3_600_000, now);
  return (
    <Panel title={t.camera.blind}>
      <p class={blind.length === 0 ? "note" : ""}>{blind.length === 0 ? t.camera.neverBlind(hours) : t.camera.blindFor(seconds, hours)}</p>
      {blind.length > 0 && (
        <table class="plain">
          <thead>
            <tr><th scope="col">{t.camera.ago}</th><th scope="col">{t.camera.howLong}</th><th scope="col">{t.camera.cause}</th></tr>
          </thead>
          <tbody>
            {blind.toReversed().slice(0, MOST_ROWS).map(({ from, to, seconds: lasted, cause }) => (
              <tr key={from}>
                <td><Since at={from} /></td>
                <td>{to === null ? <State is="dark" word={t.camera.stillBlind(lasted)} /> : t.camera.seconds(lasted)}</td>
                <td>{cause}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function Past({ history }: { history: History }) {
  return (
    <Panel title={t.camera.states}>
      <table class="plain">
        <thead>
          <tr><th scope="col">{t.camera.ago}</th><th scope="col">{t.camera.state}</th></tr>
        </thead>
        <tbody>
          {history.conditions.toReversed().slice(0, MOST_ROWS).map(({ at, status, reason, message }) => (
            <tr key={at}>
              <td><Since at={at} /></td>
              <td>
                <State is={READY[status]} word={reason} />
                {message && <div class="soft">{message}</div>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
