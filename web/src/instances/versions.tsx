/** The earlier versions of an instance, and back to one of them. */
import { useState } from "preact/hooks";
import type { Write } from "../api/previews.ts";
import { PlainTable } from "../parts/plain_table.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { SaveDialog } from "../parts/save_dialog.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { type ReplicaSets, type Version, deploymentPath, numberInForce, undoWrite, versionsOf, versionsPath } from "./instance_object.ts";

interface Deployment {
  metadata: { annotations?: Record<string, string> };
}

/**
 * @param generation of the spec: another one is another version.
 */
export function Versions({ name, generation }: { name: string; generation: number }) {
  const deployment = useAsked<Deployment>(deploymentPath(name), { when: generation });
  const sets = useAsked<ReplicaSets>(versionsPath(name), { when: generation });
  const [chosen, setChosen] = useState<{ version: Version; write: Write } | null>(null);
  const error = deployment.error ?? sets.error;
  if (deployment.value === null || sets.value === null)
    return error === null ? <p role="status">{t.sheet.loading}</p> : <Refusal error={error} />;
  const readOnly = whyReadOnly();
  return (
    <section>
      <h2 class="hidden">{t.instances.tabs.versions}</h2>
      <p class="note">{t.instances.versionsKept}</p>
      <div class="panel">
        <PlainTable heads={[t.instances.version, t.instances.cause]} hidden={t.nodes.acts}>
          {versionsOf(sets.value, numberInForce(deployment.value)).map((version) => (
            <tr key={version.number}>
              <th scope="row">{version.number}</th>
              <td>
                {version.cause || <span class="soft">{t.instances.noCause}</span>}
                <div><code>{version.image}</code></div>
              </td>
              <td>
                {version.isInForce ? (
                  <strong>{t.instances.inForce}</strong>
                ) : (
                  <button type="button" disabled={readOnly !== null} onClick={() => setChosen({ version, write: undoWrite(name, version) })}>
                    {t.instances.goBack}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </PlainTable>
      </div>
      {chosen !== null && (
        <SaveDialog
          title={t.instances.goBackTitle(name, chosen.version.number)}
          write={chosen.write}
          typed={name}
          onDone={() => undefined}
          onClose={() => setChosen(null)}
        />
      )}
    </section>
  );
}
