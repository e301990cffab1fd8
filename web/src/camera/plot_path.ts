/** The geometry of a plot: one unit to the right for each step, upside down as SVG is. */

type Series = readonly (number | null)[];

/** The end of an axis that begins at 0: of one figure, at the most of the values or a little above. */
export function axisEnd(all: readonly Series[]): number {
  const most = Math.max(1, ...all.flat().map((value) => value ?? 0));
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((figure) => figure * unit).find((end) => end >= most) ?? most;
}

/** A line through what is known; what is not is a gap, and a value between gaps a dash. */
export function pathOf(values: Series, end: number, height: number): string {
  let path = "";
  for (const [step, value] of values.entries()) {
    if (value === null) continue;
    const y = Number((height - (value / end) * height).toFixed(1));
    const isAlone = values[step - 1] == null && values[step + 1] == null;
    path += `${values[step - 1] == null ? "M" : "L"}${step} ${y}${isAlone ? "h.5" : ""}`;
  }
  return path;
}

/** The step below a part of the width. */
export function stepAt(part: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.round(part * (count - 1))));
}
