/** What the manifest of an object says, and where it stands. */
import { Refused } from "../api/ask.ts";
import type { FleetObject } from "../api/objects.ts";
import { Panel } from "../parts/sheet.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { t } from "../texts/en.ts";
import { yamlOf } from "./yaml.ts";

/** What people write of an object: the rest of its metadata is made. */
function written({ apiVersion, kind, metadata, spec }: FleetObject): Record<string, unknown> {
  const { name, labels, annotations } = metadata;
  return { apiVersion, kind, metadata: { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }, spec };
}

export function Manifest({ object }: { object: FleetObject }) {
  const { kind, metadata } = object;
  const where = useAsked<{ file: string; line: number }>(`/fleet/v1/where/${kind}/${encodeURIComponent(metadata.name)}`, { when: metadata.resourceVersion });
  const isHidden = where.error instanceof Refused;
  return (
    <Panel title={t.camera.manifest}>
      <p class="note where">{where.value ? <code>{t.save.at(where.value.file, where.value.line)}</code> : isHidden ? t.camera.nowhere : "…"}</p>
      <pre class="manifest" tabIndex={0} aria-label={t.camera.manifest}>{yamlOf(written(object))}</pre>
    </Panel>
  );
}
