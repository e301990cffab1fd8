/** Label selectors, as Kubernetes writes them. */

export type Labels = Readonly<Record<string, string>>;
export type Selector = (labels: Labels) => boolean;

/** A part of a selector that is none. */
export class WrongSelector extends Error {}

const NAME = "[A-Za-z0-9][A-Za-z0-9._/-]*";
const SET = new RegExp(`^(${NAME})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUAL = new RegExp(`^(${NAME})\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
const THERE = new RegExp(`^(!?)\\s*(${NAME})$`);

/** Reads a selector; an empty one selects everything. Raises WrongSelector with the part that is wrong. */
export function selectorOf(text: string): Selector {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map(partOf);
  return (labels) => parts.every((part) => part(labels));
}

function partOf(part: string): Selector {
  const [, setKey, word, list] = SET.exec(part) ?? [];
  if (setKey !== undefined) {
    const values = (list ?? "").split(",").map((value) => value.trim());
    const isIn = (labels: Labels): boolean => labels[setKey] !== undefined && values.includes(labels[setKey] ?? "");
    return word === "in" ? isIn : (labels) => !isIn(labels);
  }
  const [, key, sign, value] = EQUAL.exec(part) ?? [];
  if (key !== undefined) return sign === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  const [, not, there] = THERE.exec(part) ?? [];
  if (there === undefined) throw new WrongSelector(part);
  return (labels) => (labels[there] === undefined) === (not === "!");
}
