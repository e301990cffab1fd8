/** What an earlier agent has left on a machine, and what a person may do with it. */
import { t } from "../texts/en.ts";
import type { Orphan } from "./node_object.ts";

export function Orphans({ of, act }: { of: readonly Orphan[]; act: (what: string, key: string) => void }) {
  if (of.length === 0) return null;
  return (
    <section class="panel wide wants-person">
      <h2>{t.nodes.orphans}</h2>
      <p>{t.nodes.orphansWhy}</p>
      <div class="scrolls">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">{t.nodes.orphan}</th>
              <th scope="col">{t.nodes.runs}</th>
              <th scope="col">{t.nav.cameras}</th>
              <th scope="col">{t.nodes.ports}</th>
              <th scope="col"><span class="hidden">{t.nodes.acts}</span></th>
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </div>
    </section>
  );
}
