/** How an instance is: where it runs, what it uses, its cameras, and what it said last before it was restarted. */
import { useEffect, useState } from "preact/hooks";
import { Refused, askText } from "../api/ask.ts";
import { inOrder } from "../listing/listing.ts";
import { cameras } from "../live/fleet.ts";
import { useAll } from "../live/use_all.ts";
import { CameraLine } from "../nodes/of_node.tsx";
import { quantity } from "../nodes/quantities.ts";
import { Conditions } from "../parts/conditions.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { Facts, Panel } from "../parts/sheet.tsx";
import { Since } from "../parts/since.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";
import type { InstanceObject } from "./instance_object.ts";

const USAGE_EVERY_MS = 10_000;
const LAST_LINES = 40;
const GIB = 2 ** 30;

export function Overview({ instance }: { instance: InstanceObject }) {
  const { metadata, spec, status } = instance;
  const { name } = metadata;
  return (
    <div class="panels">
      <div class="column">
        <Panel title={t.instances.about}>
          <Facts
            of={[
              [t.instances.node, status.node && <a href={linkTo(["nodes", status.node])}>{status.node}</a>],
              [t.instances.app, spec.app?.kind],
              [t.instances.image, <code>{status.image}</code>],
              [t.instances.imageId, status.imageId && <code>{status.imageId}</code>],
              [t.instances.platform, status.imagePlatform],
              [t.nodes.generation, status.generation],
              [t.instances.isUpToDate, spec.replicas !== 0 && (status.upToDate === null ? t.conditions.status.Unknown : status.upToDate ? t.instances.yes : t.instances.no)],
              [t.instances.started, status.startedAt && <Since at={Date.parse(status.startedAt)} says={t.ages.ago} />],
              [t.instances.restarts, status.restarts],
              [t.instances.use, status.node !== null && <Use name={name} />],
              [t.instances.heldBy, status.held],
              [t.instances.runsAs, status.runsAs],
              [t.sheet.labels, Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`).join(", ")],
            ]}
          />
        </Panel>
      </div>
      <CamerasOf name={name} total={status.cameras.total} />
      {(status.restarts ?? 0) > 0 && <LastOutput name={name} restarts={status.restarts ?? 0} />}
      <section class="panel wide">
        <h2>{t.conditions.title}</h2>
        <Conditions conditions={status.conditions} />
      </section>
    </div>
  );
}

function Use({ name }: { name: string }) {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/${encodeURIComponent(name)}`;
  const { value, error } = useAsked<{ containers: { usage: { cpu: string; memory: string } }[] }>(path, { everyMs: USAGE_EVERY_MS });
  const usage = value?.containers[0]?.usage;
  if (usage === undefined) return <>{error instanceof Refused ? t.nodes.noUsage : "…"}</>;
  return <>{t.nodes.cores(quantity(usage.cpu) ?? 0, null)}, {t.nodes.gib((quantity(usage.memory) ?? 0) / GIB, null)}</>;
}

function CamerasOf({ name, total }: { name: string; total: number }) {
  const own = inOrder(useAll(cameras).filter(({ instances }) => instances.includes(name)), undefined, false);
  return (
    <Panel title={t.nodes.camerasOf(total)}>
      {own.length === 0 && <p class="note">{t.instances.noCameras}</p>}
      <ul class="cameras-of">
        {own.map((one) => <CameraLine key={one.name} name={one.name} />)}
      </ul>
    </Panel>
  );
}

/** What the run before this one said last: why it ended stands there as a rule. */
function LastOutput({ name, restarts }: { name: string; restarts: number }) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const asking = new AbortController();
    const path = `/api/v1/namespaces/default/pods/${encodeURIComponent(name)}/log?previous=true&tailLines=${LAST_LINES}&limitBytes=65536`;
    setError(null);
    askText(path, { signal: asking.signal }).then(setText, (failure) => asking.signal.aborted || setError(failure));
    return () => asking.abort();
  }, [name, restarts]);
  return (
    <section class="panel wide">
      <h2>{t.instances.lastOutput}</h2>
      <p class="note">
        {t.instances.restarted(restarts)} · <a href={linkTo(["instances", name], { tab: "logs", run: "before" })}>{t.instances.allOfIt}</a>
      </p>
      <Refusal error={error} />
      {error === null && (
        <pre class="rendered-file" tabIndex={0} aria-label={t.instances.lastOutput}>{text === null ? t.sheet.loading : text || t.instances.saidNothing}</pre>
      )}
    </section>
  );
}
