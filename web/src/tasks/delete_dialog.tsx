/** Asks before a task is deleted. */
import { Away, Refused, ask } from "../api/ask.ts";
import { ConfirmDialog } from "../parts/confirm_dialog.tsx";
import { t } from "../texts/en.ts";
import { tellOfChange } from "./uploads.ts";

export function DeleteDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const act = async (): Promise<string> => {
    try {
      await ask(`/tasks/${id}`, { method: "DELETE" });
    } catch (error) {
      if (error instanceof Away) throw new Error(t.tasks.away);
      // Somebody else, or another tab, was faster.
      if (!(error instanceof Refused && error.code === 404)) throw error;
    }
    tellOfChange();
    return t.tasks.deleted(id);
  };
  return (
    <ConfirmDialog title={t.tasks.deleteOf(id)} submit={t.tasks.delete} act={act} onClose={onClose}>
      <p>{t.tasks.deleteWhat}</p>
    </ConfirmDialog>
  );
}
