/** What is being rolled out now, node by node. */
import { useState } from "preact/hooks";
import { type FleetObject, objectPath } from "../api/objects.ts";
import { instances, isStarting, nodes } from "../live/fleet.ts";
import type { InstanceRow } from "../live/rows.ts";
import { Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { State } from "../parts/state.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { type NodeRollout, rolloutOf } from "./rollout.ts";

const PAGE = 25;

export function Rolling() {
  const [most, setMost] = useState(PAGE);
  const { total, done, behind, unplaced } = rolloutOf(followed(nodes), followed(instances));
  return (
    <Panel title={t.changes.rolling}>
      <p role="status">
        {!isStarting.value && (
          <>
          {total > 0 && <progress max={total} value={done} aria-label={t.changes.rolling} />}{" "}
          {total === 0 ? t.changes.noNodes : t.changes.nodesDone(done, total)}
          </>
        )}
      </p>
      {behind.length > 0 && (
        <table>
          <thead>
            <tr>{t.changes.columns.map((word) => <th key={word} scope="col">{word}</th>)}</tr>
          </thead>
          <tbody>
            {behind.slice(0, most).map((one) => <NodeRow key={one.node.name} one={one} />)}
          </tbody>
        </table>
      )}
      {behind.length > most && (
        <button type="button" onClick={() => setMost(most + PAGE)}>{t.changes.more(behind.length - most)}</button>
      )}
      {unplaced.length > 0 && (
        <>
          <h3>{t.changes.unplaced(unplaced.length)}</h3>
          <Instances those={unplaced} />
        </>
      )}
    </Panel>
  );
}

/** All objects of a kind; who calls it is told of each change, of generations too, which are no change of the list. */
function followed<T extends { name: string }>(objects: {
  all(): T[];
  get(name: string): T | undefined;
}): T[] {
  return objects.all().map((one) => objects.get(one.name) ?? one);
}

function NodeRow({ one }: { one: NodeRollout }) {
  const { node, lacks, instances: late } = one;
  const behind = useBehind(one);
  return (
    <tr>
      <th scope="row">
        <a href={linkTo(["nodes", node.name])}>{node.name}</a>
      </th>
      <td class="number">{[node.published, node.observed, node.applied].map((one) => one ?? "–").join(" / ")}</td>
      <td>
        <State is={lacks === "silent" ? "unknown" : "dark"} word={t.changes.lacks[lacks]} />{" "}
        {lacks === "silent" && node.lastSeen !== null && <Since at={node.lastSeen} says={t.changes.heardAgo} />}
        {lacks !== "silent" && behind.since !== null && <Since at={behind.since} says={t.changes.lagsFor} />}
        {lacks !== "silent" && behind.message && <div class="note">{behind.message}</div>}
        <Instances those={late} />
      </td>
    </tr>
  );
}

function Instances({ those }: { those: readonly InstanceRow[] }) {
  if (those.length === 0) return null;
  return (
    <ul class="late">
      {those.map(({ name, phase, message, heldBy }) => (
        <li key={name}>
          <a href={linkTo(["instances", name])}>{name}</a> {phase}
          {heldBy && ` · ${t.changes.held(heldBy)}`}
          {message && <div class="note">{message}</div>}
        </li>
      ))}
    </ul>
  );
}

/** Since when a node lags, and what it waits for: its condition says so, which is not in the rows. */
function useBehind({ node, lacks }: NodeRollout): { since: number | null; message: string } {
  const { published, observed, applied } = node;
  const when = [published, observed, applied, lacks].join(" ");
  const { value } = useAsked<FleetObject>(objectPath("Node", node.name), { when });
  const conditions = (value?.status?.["conditions"] ?? []) as Record<string, string>[];
  const found = conditions.find(({ type, status }) => type === "UpToDate" && status !== "True");
  return { since: Date.parse(found?.["lastTransitionTime"] ?? "") || null, message: found?.["message"] ?? "" };
}
