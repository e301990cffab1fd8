/** Which view a place shows. */
import type { ComponentChild } from "preact";
import { Instances } from "./instances/instances.tsx";
import { Nodes } from "./nodes/nodes.tsx";
import { linkTo, place } from "./route.ts";
import { t } from "./texts/en.ts";
import { Wall } from "./wall/wall.tsx";

export function View(): ComponentChild {
  const { path } = place.value;
  const [room, ...rest] = path;
  switch (`${room ?? "cameras"}/${rest.length}`) {
    case "cameras/0":
      return <Wall />;
    case "instances/0":
      return <Instances />;
    case "nodes/0":
      return <Nodes />;
    default:
      return <Nothing />;
  }
}

function Nothing() {
  return (
    <main class="empty" id="content">
      <h1>{t.notFound.title}</h1>
      <a href={linkTo(["cameras"])}>{t.notFound.back}</a>
    </main>
  );
}
