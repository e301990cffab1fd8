/** All instances of the fleet. */
import { ListView, type ListOf } from "../listing/list_view.tsx";
import { instances } from "../live/fleet.ts";
import type { InstanceRow } from "../live/rows.ts";
import { Since } from "../parts/since.tsx";
import { State } from "../parts/state.tsx";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";

export function InstanceState({ instance }: { instance: InstanceRow }) {
  return (
    <>
      <State is={instance.ready} word={instance.phase} />
      {instance.heldBy !== null && <> <span class="badge" title={instance.heldBy}>{t.instances.held}</span></>}
      {!instance.upToDate && instance.replicas > 0 && <> <span class="badge">{t.instances.outdated}</span></>}
    </>
  );
}

const LIST: ListOf<InstanceRow> = {
  room: "instances",
  objects: instances,
  texts: t.instances.list,
  add: linkTo(["new", "instance"]),
  textOf: (one) => {
    const labels = Object.entries(one.labels).map(([key, value]) => `${key}=${value}`);
    return [one.name, one.phase, one.message, one.node, one.app, one.heldBy, ...labels].join(" ");
  },
  states: [
    { key: "dark", title: t.instances.notReady, is: ({ ready }) => ready === "dark" },
    { key: "unknown", title: t.state.unknown, is: ({ ready }) => ready === "unknown" },
    { key: "ready", title: t.state.ready, is: ({ ready }) => ready === "ready" },
    { key: "held", title: t.instances.held, is: ({ heldBy }) => heldBy !== null },
    { key: "outdated", title: t.instances.outdated, is: ({ upToDate, replicas }) => !upToDate && replicas > 0 },
  ],
  columns: [
    { key: "name", title: t.nodes.name, width: 13, by: ({ name }) => name, show: ({ name }) => <a href={linkTo(["instances", name])}>{name}</a> },
    { key: "state", title: t.nodes.state, width: 14, by: ({ phase }) => phase, show: (one) => <InstanceState instance={one} /> },
    {
      key: "cameras",
      title: t.nav.cameras,
      width: 6.5,
      by: ({ camerasReady, camerasTotal }) => camerasReady - camerasTotal,
      show: (one) => t.instances.cameras(one.camerasReady, one.camerasTotal),
    },
    {
      key: "node",
      title: t.instances.node,
      width: 11,
      by: ({ node }) => node,
      show: ({ node }) => node !== null && <a href={linkTo(["nodes", node])}>{node}</a>,
    },
    { key: "app", title: t.instances.app, width: 7, by: ({ app }) => app, show: ({ app }) => app },
    { key: "restarts", title: t.instances.restarts, width: 6, by: ({ restarts }) => restarts, show: ({ restarts }) => restarts },
    { key: "since", title: t.instances.since, width: 6, by: ({ since }) => since, show: ({ since }) => since !== null && <Since at={since} /> },
    { key: "message", title: t.nodes.message, show: ({ message }) => <span class="soft" title={message}>{message}</span> },
  ],
  card: (one) => (
    <>
      <span><InstanceState instance={one} /></span>
      <span class="soft">
        {t.instances.camerasReady(one.camerasReady, one.camerasTotal)}
        {one.node !== null && ` · ${one.node}`}
        {one.restarts > 0 && ` · ${t.instances.restarted(one.restarts)}`}
      </span>
      <span class="soft">{one.message}</span>
    </>
  ),
};

export function Instances() {
  return <ListView list={LIST} />;
}
