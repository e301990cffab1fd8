/** An object as YAML says it, to be read; it is not parsed again. */
type Value = unknown;

const PLAIN = /^[A-Za-z_/][\w./-]*(?: [\w./-]+)*$/;
const WORDS = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n"]);
const LONGEST_FLOW = 100;

function scalar(value: Value): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "null";
  const isPlain = PLAIN.test(value) && !WORDS.has(value.toLowerCase());
  return isPlain || /^[a-z]+:\/\/[^\s#,[\]{}"']+$/.test(value) ? value : JSON.stringify(value);
}

const isObject = (value: Value): value is Record<string, Value> => typeof value === "object" && value !== null && !Array.isArray(value);

/** A short list of numbers, or of points, stands in one line. */
function flow(value: Value): string | null {
  if (!Array.isArray(value)) return null;
  const parts = value.map((one) => (typeof one === "object" ? flow(one) : scalar(one)));
  const line = `[${parts.join(", ")}]`;
  return parts.includes(null) || line.length > LONGEST_FLOW ? null : line;
}

/** What stands behind a key or a dash; null for what needs lines of its own. */
function inLine(value: Value): string | null {
  if (isObject(value)) return Object.keys(value).length === 0 ? "{}" : null;
  return Array.isArray(value) ? flow(value) : scalar(value);
}

function lines(value: object, indent: string): string[] {
  const entries = Array.isArray(value) ? value.map((one) => ["-", one] as const) : Object.entries(value).map(([key, one]) => [`${scalar(key)}:`, one] as const);
  return entries.flatMap(([head, one]) => {
    const text = inLine(one);
    if (text !== null) return [`${indent}${head} ${text}`];
    const below = lines(one as object, `${indent}  `);
    return head === "-" ? [`${indent}- ${below[0]?.trimStart()}`, ...below.slice(1)] : [`${indent}${head}`, ...below];
  });
}

export function yamlOf(object: Record<string, Value>): string {
  return lines(object, "").join("\n");
}
