/** What runs on a machine: its instances, and the cameras that they watch. */
import { cameras, instances } from "../live/fleet.ts";
import { useAll } from "../live/use_all.ts";
import { inOrder } from "../listing/listing.ts";
import { PlainTable } from "../parts/plain_table.tsx";
import { Panel } from "../parts/sheet.tsx";
import { CameraState } from "../parts/state.tsx";
import { InstanceState } from "../instances/instances.tsx";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";

/** More cameras are shown on the wall. */
const MOST_CAMERAS = 100;

export function OfNode({ name }: { name: string }) {
  const own = inOrder(useAll(instances).filter(({ node }) => node === name), undefined, false);
  const watched = inOrder(useAll(cameras).filter(({ nodes }) => nodes.includes(name)), undefined, false);
  return (
    <>
      <Panel title={t.nodes.instancesOf(own.length)}>
        {own.length === 0 ? (
          <p class="note">{t.nodes.noInstances}</p>
        ) : (
          <PlainTable heads={[t.nodes.name, t.nodes.state, t.nav.cameras, t.instances.restarts]}>
            {own.map((one) => <InstanceLine key={one.name} name={one.name} />)}
          </PlainTable>
        )}
      </Panel>
      <Panel title={t.nodes.camerasOf(watched.length)}>
        {watched.length === 0 && <p class="note">{t.nodes.noCameras}</p>}
        <ul class="cameras-of">
          {watched.slice(0, MOST_CAMERAS).map((one) => <CameraLine key={one.name} name={one.name} />)}
        </ul>
        {watched.length > MOST_CAMERAS && <p class="note">{t.nodes.moreCameras(watched.length - MOST_CAMERAS)}</p>}
      </Panel>
    </>
  );
}

function InstanceLine({ name }: { name: string }) {
  const one = instances.get(name);
  if (one === undefined) return null;
  return (
    <tr>
      <th scope="row"><a href={linkTo(["instances", name])}>{name}</a></th>
      <td><InstanceState instance={one} /></td>
      <td>{t.instances.cameras(one.camerasReady, one.camerasTotal)}</td>
      <td>{one.restarts}</td>
    </tr>
  );
}

/** A camera with its state, as a line of a list. */
export function CameraLine({ name }: { name: string }) {
  const one = cameras.get(name);
  if (one === undefined) return <li><a href={linkTo(["cameras", name])}>{name}</a></li>;
  return (
    <li>
      <a href={linkTo(["cameras", name])}>{name}</a> <CameraState of={one} />
      {one.ready !== "ready" && one.message && <span class="soft"> {one.message}</span>}
    </li>
  );
}
