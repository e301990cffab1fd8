/** A plot of values over time, which tells what it shows where the pointer or the arrow keys are. */
import { useState } from "preact/hooks";
import { axisEnd, pathOf, stepAt } from "./plot_path.ts";

export interface Line {
  label: string;
  values: readonly (number | null)[];
}

const HEIGHT = 100;
/** Lines are told apart by colour and by dashes. */
const MOST_STYLES = 6;

const timeText = (seconds: number): string => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/**
 * @param times in seconds since 1970, one for each value.
 * @param says what it shows, in words.
 */
export function Plot({ times, lines, says }: { times: readonly number[]; lines: readonly Line[]; says: string }) {
  const [step, setStep] = useState<number | null>(null);
  const count = times.length;
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return null;
  const end = axisEnd(lines.map(({ values }) => values));
  const at = step === null ? null : Math.min(step, count - 1);
  const key = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setStep(Math.min(count - 1, Math.max(0, (at ?? count) + by)));
  };
  const said = (one: Line): string => `${lines.length > 1 ? `${one.label} ` : ""}${one.values[at ?? 0] ?? "–"}`;
  const shown = at === null ? "" : `${timeText(times[at] ?? 0)}: ${lines.map(said).join(", ")}`;
  return (
    <div class="plot">
      <span class="y">{end}</span>
      <span class="y least">0</span>
      <svg
        viewBox={`0 0 ${Math.max(1, count - 1)} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={says}
        tabIndex={0}
        onPointerMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setStep(stepAt((event.clientX - left) / width, count));
        }}
        onPointerLeave={() => setStep(null)}
        onKeyDown={key}
        onBlur={() => setStep(null)}
      >
        <path class="grid" d={`M0 0H${count}M0 ${HEIGHT / 2}H${count}M0 ${HEIGHT}H${count}`} />
        {lines.map(({ label, values }, index) => (
          <path key={label} class={`series s${index % MOST_STYLES}`} d={pathOf(values, end, HEIGHT)} />
        ))}
        {at !== null && <path class="at" d={`M${at} 0V${HEIGHT}`} />}
      </svg>
      <span class="x">{timeText(first)}</span>
      <output aria-live="polite">{shown}</output>
      <span class="x">{timeText(last)}</span>
    </div>
  );
}

/** Which line is which. */
export function Legend({ lines }: { lines: readonly Line[] }) {
  if (lines.length < 2) return null;
  return (
    <ul class="legend">
      {lines.map(({ label }, index) => (
        <li key={label}>
          <svg viewBox="0 0 24 8" aria-hidden="true"><path class={`series s${index % MOST_STYLES}`} d="M0 4H24" /></svg> {label}
        </li>
      ))}
    </ul>
  );
}
