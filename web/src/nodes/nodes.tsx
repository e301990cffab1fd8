/** All machines of the fleet. */
import { ListView, type ListOf } from "../listing/list_view.tsx";
import { nodes } from "../live/fleet.ts";
import type { NodeRow } from "../live/rows.ts";
import { Bar } from "../parts/bar.tsx";
import { Since } from "../parts/since.tsx";
import { State } from "../parts/state.tsx";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import { type Headroom, headroomOf } from "./headroom.ts";

const isConverged = (one: NodeRow): boolean => one.published === one.observed && one.published === one.applied;

export function NodeState({ node }: { node: NodeRow }) {
  return (
    <>
      <State is={node.ready} word={node.phase} />
      {node.unschedulable && <> <span class="badge">{t.nodes.cordoned}</span></>}
    </>
  );
}

function Generations({ node }: { node: NodeRow }) {
  if (isConverged(node)) return <>{node.published ?? "–"}</>;
  return <>{t.nodes.generations(node.published, node.observed, node.applied)}</>;
}

const LIST: ListOf<NodeRow> = {
  room: "nodes",
  objects: nodes,
  texts: t.nodes.list,
  add: linkTo(["new", "node"]),
  summary: (all) => <Room of={headroomOf(all)} />,
  textOf: (one) => `${one.name} ${one.phase} ${one.message} ${one.agentVersion} ${labelsText(one.labels)}`,
  states: [
    { key: "dark", title: t.nodes.notReady, is: ({ ready }) => ready === "dark" },
    { key: "unknown", title: t.state.unknown, is: ({ ready }) => ready === "unknown" },
    { key: "ready", title: t.state.ready, is: ({ ready }) => ready === "ready" },
    { key: "cordoned", title: t.nodes.cordoned, is: ({ unschedulable }) => unschedulable },
    { key: "outdated", title: t.nodes.converging, is: (one) => !isConverged(one) },
  ],
  columns: [
    { key: "name", title: t.nodes.name, width: 13, by: ({ name }) => name, show: ({ name }) => <a href={linkTo(["nodes", name])}>{name}</a> },
    { key: "state", title: t.nodes.state, width: 13, by: ({ phase }) => phase, show: (one) => <NodeState node={one} /> },
    {
      key: "cameras",
      title: t.nodes.streams,
      width: 10,
      by: ({ camerasUsed }) => camerasUsed,
      show: (one) => <Bar used={one.camerasUsed} limit={one.camerasCapacity} label={t.nodes.streamsOf(one.name)} />,
    },
    { key: "generation", title: t.nodes.generation, width: 9, by: ({ published }) => published, show: (one) => <Generations node={one} /> },
    { key: "agent", title: t.nodes.agent, width: 6, by: ({ agentVersion }) => agentVersion, show: ({ agentVersion }) => agentVersion },
    {
      key: "seen",
      title: t.nodes.seen,
      width: 7,
      by: ({ lastSeen }) => lastSeen,
      show: ({ lastSeen }) => lastSeen !== null && <Since at={lastSeen} says={t.ages.ago} />,
    },
    { key: "message", title: t.nodes.message, show: ({ message }) => <span class="soft" title={message}>{message}</span> },
  ],
  card: (one) => (
    <>
      <span><NodeState node={one} /></span>
      <span class="card-facts">
        <Bar used={one.camerasUsed} limit={one.camerasCapacity} label={t.nodes.streamsOf(one.name)} />
        <span class="soft">{t.nodes.generationIs} <Generations node={one} /></span>
      </span>
      <span class="soft">{one.message}</span>
    </>
  ),
};

function Room({ of }: { of: Headroom | null }) {
  if (of === null) return null;
  const { used, capacity, worst } = of;
  return (
    <p class="summary note">
      {t.nodes.usedOf(used, capacity)} · {worst === null ? t.nodes.anyLost : (
        <>
          <a href={linkTo(["nodes", worst.name])}>{worst.name}</a> {t.nodes.noRoom(worst.streams)}
        </>
      )}
    </p>
  );
}

function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(" ");
}

export function Nodes() {
  return <ListView list={LIST} />;
}
