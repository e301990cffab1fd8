/** All keys that are taken now, in a dialog. */
import { helpIsOpen, keysTaken } from "../keys.ts";
import { t } from "../texts/en.ts";
import { Dialog } from "./dialog.tsx";

export function Help() {
  return (
    <Dialog title={t.keys.title} onClose={() => (helpIsOpen.value = false)}>
      <dl class="keys">
        {keysTaken().map(({ key, does }) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" class="actions">
        <button type="submit" class="primary">{t.keys.close}</button>
      </form>
    </Dialog>
  );
}
