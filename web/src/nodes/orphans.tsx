/** What an earlier agent has left on a machine, and what a person may do with it. */
import { PlainTable } from "../parts/plain_table.tsx";
import { t } from "../texts/en.ts";
import type { Orphan } from "./node_object.ts";

export function Orphans({ of, act }: { of: readonly Orphan[]; act: (what: string, key: string) => void }) {
  if (of.length === 0) return null;
  return (
    <section class="panel wide wants-person">
      <h2>{t.nodes.orphans}</h2>
      <p>{t.nodes.orphansWhy}</p>
      <PlainTable heads={[t.nodes.orphan, t.nodes.runs, t.nav.cameras, t.nodes.ports]} hidden={t.nodes.acts}>
        {of.map((one) => (
          <tr key={one.runtimeId}>
            <th scope="row">{one.instance}<div class="soft">{one.runtimeId.slice(0, 12)}</div></th>
            <td>{one.running ? t.nodes.running : t.nodes.stopped}</td>
            <td>{one.cameras.join(", ")}</td>
            <td>{one.ports.join(", ")}</td>
            <td>
              <button type="button" onClick={() => act("adopt", one.instance)}>{t.nodes.adopt}</button>{" "}
              <button type="button" class="danger" onClick={() => act("clean", one.instance)}>{t.nodes.clean}</button>
            </td>
          </tr>
        ))}
      </PlainTable>
    </section>
  );
}
