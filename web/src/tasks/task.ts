/** Tasks as the service tells of them, and how they are shown: pure. */

/** What a worker answers: one step of a task. */
export type Step = "detection" | "classification";

/** What is asked of a picture; both is a detection and then a classification. */
export const KINDS = ["detection", "classification", "both"] as const;
export type Kind = (typeof KINDS)[number];

export const STATUSES = ["pending", "sent", "detected", "classifying", "done", "failed"] as const;
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
  /** Those that answered so far, each a step. */
  models: AnsweredBy[];
  /** What is missing, so that nobody answers it now; null when nothing is. */
  waiting_for: string | null;
}

/** The model that answered a step; null for what nobody says. */
export interface AnsweredBy {
  kind: Step;
  name: string | null;
  digest: string | null;
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
  /** Of both, either list by its step; null for what is not there. */
  result: (Found | ImageClass)[] | { detection: Found[] | null; classification: ImageClass[] | null } | null;
  error: string | null;
}

export interface Model {
  kind: Step;
  name: string;
  /** Empty when its workers do not say. */
  digest: string;
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

export function isUnanswered({ status }: Pick<Task, "status">): boolean {
  return status !== "done" && status !== "failed";
}

/** The steps of a task whose answer is to come. */
export function stepsLeft({ kind, status = "pending" }: { kind: Kind; status?: Status }): Step[] {
  if (!isUnanswered({ status })) return [];
  if (kind !== "both") return [kind];
  return status === "detected" || status === "classifying" ? ["classification"] : ["detection", "classification"];
}

/** Whether there may be something to show: of both, also while the second step is to come, or when it has failed. */
export function hasResult({ kind, status, models }: Pick<Task, "kind" | "status" | "models">): boolean {
  if (status === "failed") return kind === "both" && models.length > 0;
  return status === "done" || status === "detected" || status === "classifying";
}

/** What is there of each step; null for what was not asked for, or has not come. */
export function answersIn({ kind, result }: Pick<Result, "kind" | "result">): { boxes: Found[] | null; classes: ImageClass[] | null } {
  if (result === null) return { boxes: null, classes: null };
  if (!Array.isArray(result)) return { boxes: result.detection, classes: result.classification };
  return kind === "detection" ? { boxes: result as Found[], classes: null } : { boxes: null, classes: result };
}

/** What a class is called: as the model that answered calls it, or as all models of the kind do when nobody knows which answered. */
export function className(models: readonly Model[], task: Pick<Task, "models">, step: Step, classId: number): string {
  const by = task.models.find(({ kind }) => kind === step);
  const named = models.filter(({ kind, name }) => kind === step && ((by?.name ?? null) === null || name === by?.name));
  const same = named.filter(({ digest }) => digest === by?.digest);
  const asked = same.length > 0 ? same : named;
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

/** The steps that no worker answers now, of those that are waited for or about to be asked. */
export function unserved(models: readonly Model[], steps: Iterable<Step>): Step[] {
  const served = new Set(models.filter(({ available }) => available).map(({ kind }) => kind));
  return Array.from(new Set(steps)).filter((kind) => !served.has(kind));
}
