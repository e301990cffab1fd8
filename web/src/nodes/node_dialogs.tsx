/** What a person may do with a node; which of it is open stands in the link. */
import { useMemo, useRef } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { objectPath } from "../api/objects.ts";
import type { Write } from "../api/previews.ts";
import { live } from "../live/fleet.ts";
import { ConfirmDialog, saidOf } from "../parts/confirm_dialog.tsx";
import { SaveDialog } from "../parts/save_dialog.tsx";
import { setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { DrainDialog } from "./drain_dialog.tsx";
import { type NodeObject, nameFor } from "./node_object.ts";

/** What is the default needs no word in the manifest. */
export function cordonWrite(name: string, isCordoned: boolean): Write {
  return {
    method: "PATCH",
    path: objectPath("Node", name),
    body: { spec: { unschedulable: isCordoned ? true : null } },
    contentType: "application/merge-patch+json",
  };
}

/** The manifest of a machine that asks to join. */
export function admitWrite(node: NodeObject): Write {
  const name = nameFor(node.spec.hostname ?? "");
  return { method: "POST", path: objectPath("Node"), body: { apiVersion: "dsfleet.io/v1", kind: "Node", metadata: { name }, spec: node.spec } };
}

/**
 * @param what is open; empty for nothing.
 * @param wanted which key is trusted, or which orphan is meant.
 */
export function NodeDialog(props: { node: NodeObject; what: string; wanted: string; onClose: () => void }) {
  const { node, what, wanted, onClose } = props;
  const { name } = node.metadata;
  const isDone = useRef(false);
  const order = (word: string, body: object) => async () =>
    saidOf(await ask(`/fleet/v1/nodes/${encodeURIComponent(name)}/${word}`, { method: "POST", body }));
  // As it was when the dialog was opened: the object changes by what the dialog does.
  const write = useMemo(() => (what === "admit" ? admitWrite(node) : cordonWrite(name, what !== "uncordon")), [what, name]);
  switch (what) {
    case "cordon":
    case "uncordon":
    case "admit": {
      const titles = { cordon: t.nodes.cordonTitle(name), uncordon: t.nodes.uncordonTitle(name), admit: t.nodes.admitTitle(name) };
      return <SaveDialog title={titles[what]} write={write} typed={name} onDone={() => undefined} onClose={onClose} />;
    }
    case "cordon-to-drain":
      return (
        <SaveDialog
          title={t.nodes.cordonFirst(name)}
          write={write}
          typed={name}
          onDone={() => (isDone.current = true)}
          onClose={() => setQuery({ act: isDone.current ? "drain" : "" })}
        />
      );
    case "drain":
      // What runs there is not known before the first snapshot.
      if (live.value.heardAt === 0) return null;
      return <DrainDialog node={name} isCordoned={node.spec.unschedulable === true} onClose={onClose} />;
    case "trust":
      return (
        <ConfirmDialog title={t.nodes.trustTitle(name)} submit={t.nodes.trust} act={order("trust", { key: wanted })} onClose={onClose}>
          <p>{t.nodes.trustWhy}</p>
          <p><code class="key">{wanted}</code></p>
        </ConfirmDialog>
      );
    case "adopt":
    case "clean":
      return (
        <ConfirmDialog
          title={what === "adopt" ? t.nodes.adoptTitle(wanted) : t.nodes.cleanTitle(wanted)}
          submit={what === "adopt" ? t.nodes.adopt : t.nodes.clean}
          act={order(what, { instance: wanted })}
          onClose={onClose}
        >
          <p>{what === "adopt" ? t.nodes.adoptWhy : t.nodes.cleanWhy}</p>
        </ConfirmDialog>
      );
    default:
      return null;
  }
}
