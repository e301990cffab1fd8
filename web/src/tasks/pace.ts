/** How soon something that is waited for is asked for again: pure. */

export const FIRST_MS = 1_000;
const LONGEST_MS = 10_000;

/** The next wait: the first one again when the answer was another than before, else twice as long.
 *
 * @param before the wait that has just ended, in ms.
 */
export function paceAfter(before: number, changed: boolean): number {
  return changed ? FIRST_MS : Math.min(2 * before, LONGEST_MS);
}
