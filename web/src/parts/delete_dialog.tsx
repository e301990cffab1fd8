/** An object is taken out of the manifests, as any other change is made: what that does is shown before. */
import { useMemo } from "preact/hooks";
import { type KindName, objectPath } from "../api/objects.ts";
import { go, linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { SaveDialog } from "./save_dialog.tsx";

export function DeleteDialog(props: { kind: KindName; name: string; room: string; onClose: () => void }) {
  const { kind, name, room, onClose } = props;
  const write = useMemo(() => ({ method: "DELETE" as const, path: objectPath(kind, name) }), [kind, name]);
  return <SaveDialog title={t.sheet.deleteTitle(kind, name)} write={write} typed={name} onClose={onClose} onLeave={() => go(linkTo([room]))} />;
}
