/** Files that are dropped on the page, wherever on it, or pasted into it. */
import { signal } from "@preact/signals";
import { place } from "../route.ts";
import { unknown } from "./session.ts";
import { KINDS, type Kind } from "./task.ts";
import { upload } from "./uploads.ts";

/** Whether files are held over the page. */
export const isOver = signal(false);

/** What is asked of the next pictures. */
export function chosenKind(): Kind {
  const said = place.value.query.get("kind");
  return KINDS.find((kind) => kind === said) ?? "detection";
}

export function listenToFiles(): void {
  const over = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    // Without this the browser would go to the file.
    event.preventDefault();
    isOver.value = !unknown.peek();
    event.dataTransfer.dropEffect = unknown.peek() ? "none" : "copy";
  };
  addEventListener("dragenter", over);
  addEventListener("dragover", over);
  addEventListener("dragleave", (event) => event.relatedTarget === null && (isOver.value = false));
  addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    isOver.value = false;
    take(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData !== null && event.clipboardData.files.length > 0) take(event.clipboardData.files);
  });
}

function take(files: FileList): void {
  if (!unknown.peek()) upload(files, chosenKind());
}
