/** Which view a place shows. */
import type { ComponentChild } from "preact";
import type { KindName } from "./api/objects.ts";
import { CameraView } from "./camera/camera.tsx";
import { Changes } from "./changes/changes.tsx";
import { RevisionView } from "./changes/revision.tsx";
import { Events } from "./events/events_view.tsx";
import { Draw } from "./draw/draw.tsx";
import { ObjectForm } from "./forms/object_form.tsx";
import { InstanceView } from "./instances/instance.tsx";
import { Instances } from "./instances/instances.tsx";
import { NodeView } from "./nodes/node.tsx";
import { Nodes } from "./nodes/nodes.tsx";
import { linkTo, place } from "./route.ts";
import { t } from "./texts/en.ts";
import { Wall } from "./wall/wall.tsx";

export function View(): ComponentChild {
  const { path } = place.value;
  const [room, ...rest] = path;
  const [name = ""] = rest;
  switch (`${room ?? "cameras"}/${rest.length}`) {
    case "cameras/0":
      return <Wall />;
    case "changes/0":
      return <Changes />;
    case "changes/1":
      return <RevisionView key={name} name={name} />;
    case "events/0":
      return <Events />;
    case "instances/0":
      return <Instances />;
    case "instances/1":
      return <InstanceView key={rest[0]} name={rest[0] ?? ""} />;
    case "nodes/0":
      return <Nodes />;
    case "nodes/1":
      return <NodeView key={rest[0]} name={rest[0] ?? ""} />;
    case "cameras/1":
      return <CameraView key={name} name={name} />;
    case "cameras/2":
      return path[2] === "draw" ? <Draw key={name} name={name} /> : formAt(path);
    case "new/1":
    case "instances/2":
    case "nodes/2":
      return formAt(path);
    default:
      return <Nothing />;
  }
}

const KINDS: Readonly<Record<string, KindName>> = {
  camera: "Camera",
  instance: "DsInstance",
  node: "Node",
  cameras: "Camera",
  instances: "DsInstance",
  nodes: "Node",
};

/** `#/new/camera`, and `#/cameras/NAME/edit`. */
function formAt([room = "", name = "", word]: readonly string[]): ComponentChild {
  const kind = KINDS[room === "new" ? name : room];
  if (kind === undefined || (room !== "new" && word !== "edit")) return <Nothing />;
  return <ObjectForm key={`${kind} ${name}`} kind={kind} name={room === "new" ? null : name} />;
}

function Nothing() {
  return (
    <main class="empty" id="content">
      <h1>{t.notFound.title}</h1>
      <a href={linkTo(["cameras"])}>{t.notFound.back}</a>
    </main>
  );
}
