/** Asks before a task is deleted. */
import { Away, Refused, ask } from "../api/ask.ts";
import { ConfirmDialog } from "../parts/confirm_dialog.tsx";
import { words } from "../texts/tasks_en.ts";
import { tellOfChange } from "./uploads.ts";

export function DeleteDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const act = async (): Promise<string> => {
    try {
      await ask(`/tasks/${id}`, { method: "DELETE" });
    } catch (error) {
      if (error instanceof Away) throw new Error(words.away);
      // Somebody else, or another tab, was faster.
      if (!(error instanceof Refused && error.code === 404)) throw error;
    }
    tellOfChange();
    return words.deleted(id);
  };
  return (
    <ConfirmDialog title={words.deleteOf(id)} submit={words.delete} act={act} onClose={onClose}>
      <p>{words.deleteWhat}</p>
    </ConfirmDialog>
  );
}
