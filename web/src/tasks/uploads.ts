/** Sends pictures to the service; they go on while other views are shown. */
import { signal } from "@preact/signals";
import { words } from "../texts/tasks_en.ts";
import { me, unknown } from "./session.ts";
import type { Kind } from "./task.ts";
import { type Queue, type Upload, again, changed, due, faultOf, refusalIn, without } from "./upload_queue.ts";

export const uploads = signal<Queue>([]);
/** Why nothing is sent at the moment; it goes on by itself. */
export const pause = signal("");
/** Another number when there are other tasks than before. */
export const changes = signal(0);

/** Hundreds of pictures may be stored within seconds. */
const TOLD_MS = 500;
let telling: ReturnType<typeof setTimeout> | undefined;
let newest = 0;
const requests = new Map<number, XMLHttpRequest>();

/** There are other tasks now. */
export function tellOfChange(): void {
  telling ??= setTimeout(() => {
    telling = undefined;
    changes.value += 1;
  }, TOLD_MS);
}

export function upload(files: Iterable<File>, kind: Kind): void {
  const mostBytes = me.peek()?.max_image_bytes ?? Number.POSITIVE_INFINITY;
  const added = Array.from(files, (file): Upload => {
    const fault = faultOf(file, mostBytes);
    newest += 1;
    const why = fault === null ? "" : words.faults[fault](mostBytes);
    return { key: newest, file, kind, state: fault === null ? "waiting" : "refused", share: 0, why };
  });
  uploads.value = [...uploads.peek(), ...added];
  sendNext();
}

export function tryAgain(): void {
  uploads.value = again(uploads.peek());
  sendNext();
}

/** Forgets what was refused. */
export function dismiss(): void {
  uploads.value = without(uploads.peek(), ({ state }) => state === "refused");
}

/** Sends no more; what is stored stays. */
export function cancel(): void {
  uploads.value = without(uploads.peek(), ({ state }) => state !== "refused");
  for (const request of requests.values()) request.abort();
  requests.clear();
}

function sendNext(): void {
  if (pause.peek() !== "") return;
  for (const one of due(uploads.peek())) send(one);
}

function send({ key, file, kind }: Upload): void {
  const put = (change: Partial<Upload>): void => void (uploads.value = changed(uploads.peek(), key, change));
  const form = new FormData();
  form.append("kind", kind);
  form.append("image", file);
  const request = new XMLHttpRequest();
  requests.set(key, request);
  put({ state: "sending", share: 0 });
  request.open("POST", "/tasks");
  request.upload.addEventListener("progress", ({ loaded, total }) => put({ share: total > 0 ? loaded / total : 0 }));
  request.addEventListener("load", () => {
    if (request.status === 201) {
      uploads.value = without(uploads.peek(), (one) => one.key === key);
      tellOfChange();
      return;
    }
    if (request.status === 401) unknown.value = true;
    const { why, waitSeconds } = refusalIn(request.status, request.responseText, request.getResponseHeader("Retry-After"));
    if (waitSeconds === null) put({ state: "refused", why });
    else {
      put({ state: "waiting", share: 0 });
      rest(why, waitSeconds);
    }
  });
  request.addEventListener("error", () => put({ state: "refused", why: words.notSent }));
  request.addEventListener("loadend", () => {
    requests.delete(key);
    sendNext();
  });
  request.send(form);
}

function rest(why: string, seconds: number): void {
  if (pause.peek() !== "") return;
  pause.value = why;
  setTimeout(() => {
    pause.value = "";
    sendNext();
  }, 1000 * seconds);
}
