/** One machine: how far it is, what it has to give and what runs there; and that it is emptied. */
import { objectPath } from "../api/objects.ts";
import { nodes } from "../live/fleet.ts";
import { Bar } from "../parts/bar.tsx";
import { Conditions } from "../parts/conditions.tsx";
import { Facts, NoSheet, Panel, Sheet } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo, place, setQuery } from "../route.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { NodeDialog } from "./node_dialogs.tsx";
import { type NodeObject, type Ref, keysOffered } from "./node_object.ts";
import { NodeState } from "./nodes.tsx";
import { OfNode } from "./of_node.tsx";
import { Orphans } from "./orphans.tsx";
import { UsageBars } from "./usage_bars.tsx";

export function NodeView({ name }: { name: string }) {
  const row = nodes.get(name);
  const { value: node, error } = useAsked<NodeObject>(objectPath("Node", name), { when: row });
  if (node === null) return <NoSheet name={name} room="nodes" error={error} />;
  const { spec, status } = node;
  const isMember = status.phase !== "Pending";
  const keys = keysOffered(status.conditions ?? []);
  const readOnly = whyReadOnly();
  const act = (what: string, key = ""): void => setQuery({ act: what, key });
  return (
    <Sheet
      name={name}
      room="nodes"
      roomTitle={t.nav.nodes}
      state={row !== undefined && <NodeState node={row} />}
      actions={
        isMember ? (
          <>
            <a class="button" href={linkTo(["events"], { q: name, kind: "Node" })}>{t.nav.events}</a>
            <a class="button" href={linkTo(["nodes", name, "edit"])}>{t.sheet.edit}</a>
            <button type="button" disabled={readOnly !== null} onClick={() => act(spec.unschedulable ? "uncordon" : "cordon")}>
              {spec.unschedulable ? t.nodes.uncordon : t.nodes.cordon}
            </button>
            <button type="button" onClick={() => act("drain")}>{t.nodes.drain}</button>
          </>
        ) : (
          <button type="button" class="primary" disabled={readOnly !== null} onClick={() => act("admit")}>{t.nodes.admit}</button>
        )
      }
    >
      {readOnly !== null && <p class="note sheet-why">{t.sheet.readOnly(readOnly)}</p>}
      {status.message && <p class={`sheet-why ${row?.ready === "dark" ? "error" : "note"}`}>{status.message}</p>}
      <div class="panels">
        {keys.length > 0 && (
          <section class="panel wide wants-person">
            <h2>{t.nodes.keyDisputed}</h2>
            <p>{t.nodes.keyWhy}</p>
            {keys.map((key) => (
              <p key={key}>
                <code class="key">{key}</code> <button type="button" class="danger" onClick={() => act("trust", key)}>{t.nodes.trust}</button>
              </p>
            ))}
          </section>
        )}
        <Orphans of={status.orphans ?? []} act={act} />
        <div class="column">
          <Panel title={t.nodes.use}>
            <div class="bars">
              <span>{t.nodes.streams}</span>
              <Bar used={status.capacity?.cameras ?? 0} limit={status.capacity?.limit ?? null} label={t.nodes.streamsOf(name)} />
              <UsageBars node={name} processors={status.processors ?? null} memoryMib={status.memoryMib ?? null} />
              <span>{t.nodes.gpus}</span>
              <span class={spec.gpus?.length ? "" : "soft"}>{spec.gpus?.join(", ") || t.nodes.noGpus}</span>
            </div>
          </Panel>
          <OfNode name={name} />
        </div>
        <Panel title={t.nodes.about}>
          <Facts
            of={[
              [t.nodes.published, refText(status.generation?.published)],
              [t.nodes.observed, refText(status.generation?.observed)],
              [t.nodes.applied, refText(status.generation?.applied)],
              [t.nodes.engine, status.driver],
              [t.nodes.agentVersion, status.agentVersion],
              [t.nodes.seen, status.lastSeen ? <Since at={Date.parse(status.lastSeen)} says={t.ages.ago} /> : null],
              [t.nodes.hostname, spec.hostname],
              [t.nodes.address, status.address ?? (spec["address"] as string | undefined)],
              [t.nodes.id, <code>{spec.nodeId}</code>],
              [t.nodes.key, status.publicKeyFingerprint && <code>{status.publicKeyFingerprint}</code>],
              [t.sheet.labels, Object.entries(node.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`).join(", ")],
            ]}
          />
        </Panel>
        <section class="panel wide">
          <h2>{t.conditions.title}</h2>
          <Conditions conditions={status.conditions ?? []} />
        </section>
      </div>
      <NodeDialog node={node} what={place.value.query.get("act") ?? ""} wanted={place.value.query.get("key") ?? ""} onClose={() => act("")} />
    </Sheet>
  );
}

function refText(ref: Ref | null | undefined): string {
  return ref ? t.nodes.ref(ref.generation, ref.epoch) : t.nodes.noRef;
}
