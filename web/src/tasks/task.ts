/** Tasks as the service tells of them, and how they are shown: pure. */

export const KINDS = ["detection", "classification"] as const;
export type Kind = (typeof KINDS)[number];

export const STATUSES = ["pending", "sent", "done", "failed"] as const;
export type Status = (typeof STATUSES)[number];

export interface Task {
  id: number;
  kind: Kind;
  status: Status;
  width: number;
  height: number;
  created_at: string;
  answered_at: string | null;
  error: string | null;
  /** The name of the model that answered; null when nobody says. */
  model: string | null;
}

export interface TaskPage {
  tasks: Task[];
  next_before: number | null;
}

/** A box about its middle; all of it relative to the picture. */
export interface Found {
  class_id: number;
  x_coord: number;
  y_coord: number;
  width: number;
  height: number;
  /** In radians, clockwise. */
  rotation: number;
  probability: number;
}

export interface ImageClass {
  class_id: number;
  probability: number;
}

export interface Result {
  id: number;
  kind: Kind;
  status: Status;
  result: (Found | ImageClass)[] | null;
  error: string | null;
}

export interface Model {
  kind: Kind;
  name: string;
  labels: string[];
  available: boolean;
}

/** Which tasks are shown: what stands in the link. */
export interface Filters {
  status: string;
  model: string;
  /** Only tasks with a smaller id. */
  before: string;
}

export const PAGE = 24;

export function filtersOf(query: URLSearchParams): Filters {
  const status = query.get("status") ?? "";
  const before = query.get("before") ?? "";
  return {
    status: (STATUSES as readonly string[]).includes(status) ? status : "",
    model: query.get("model") ?? "",
    before: /^\d{1,18}$/.test(before) ? before : "",
  };
}

/** What the service is asked for. */
export function pathOf(filters: Filters): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  return `/tasks?${new URLSearchParams([...given, ["limit", String(PAGE)]])}`;
}

export function isUnanswered({ status }: Task): boolean {
  return status === "pending" || status === "sent";
}

/** What a class is called: as the model that answered calls it, or as all models of the kind do when nobody knows which answered. */
export function className(models: readonly Model[], { kind, model }: Pick<Task, "kind" | "model">, classId: number): string {
  const asked = models.filter((one) => one.kind === kind && (model === null || one.name === model));
  const names = new Set(asked.map(({ labels }) => labels[classId] ?? ""));
  const [name = ""] = names;
  return names.size === 1 && name !== "" ? name : `#${classId}`;
}

/** The names of what was found and how often, the most frequent first: "person × 3". */
export function counted(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Array.from(counts).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

/** A box in the pixels of the picture as it is shown. */
export function boxOf(found: Found, width: number, height: number) {
  return {
    x: (found.x_coord - found.width / 2) * width,
    y: (found.y_coord - found.height / 2) * height,
    width: Math.max(0, found.width * width),
    height: Math.max(0, found.height * height),
    degrees: (found.rotation * 180) / Math.PI,
    middle: [found.x_coord * width, found.y_coord * height] as const,
  };
}

export function isBox(one: Found | ImageClass): one is Found {
  return "x_coord" in one;
}

/** The kinds that no worker answers now, of those that are waited for or about to be asked. */
export function unserved(models: readonly Model[], kinds: Iterable<Kind>): Kind[] {
  const served = new Set(models.filter(({ available }) => available).map(({ kind }) => kind));
  return Array.from(new Set(kinds)).filter((kind) => !served.has(kind));
}
