/** What a text finds among all objects of the fleet: pure. */

export interface Target {
  room: "cameras" | "instances" | "nodes";
  name: string;
}

const compare = new Intl.Collator("en", { numeric: true }).compare;

/** How well a name matches: the less, the better; Infinity when it does not. */
function distance(name: string, words: readonly string[]): number {
  let sum = 0;
  for (const word of words) {
    const at = name.indexOf(word);
    if (at < 0) return Infinity;
    // The whole name, its beginning, that of a part of it, anywhere.
    if (name === word) continue;
    sum += at === 0 ? 1 : /[^a-z0-9]/.test(name[at - 1] ?? "") ? 2 : 3;
  }
  return sum;
}

/** Those with all words of a text in their names, the best first.
 *
 * @param most so many at most.
 */
export function foundTargets(targets: readonly Target[], text: string, most: number): Target[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return targets
    .map((target) => ({ target, far: distance(target.name.toLowerCase(), words) }))
    .filter(({ far }) => far < Infinity)
    .sort((a, b) => a.far - b.far || a.target.name.length - b.target.name.length || compare(a.target.name, b.target.name))
    .slice(0, most)
    .map(({ target }) => target);
}
