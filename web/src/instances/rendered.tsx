/** The files of an instance as its node was told them last. Secrets are placeholders there. */
import { PlainTable } from "../parts/plain_table.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo, place } from "../route.ts";
import { t } from "../texts/en.ts";

interface Files {
  node: string;
  generation: number | null;
  files: { path: string; content: string }[];
  cameras: { name: string; cameraId: string; slot: number }[];
}

export function Rendered({ name, generation }: { name: string; generation: number | null }) {
  const { value, error } = useAsked<Files>(`/fleet/v1/rendered/${encodeURIComponent(name)}`, { when: generation });
  if (value === null) return error === null ? <p role="status">{t.sheet.loading}</p> : <Refusal error={error} />;
  const wanted = place.value.query.get("file");
  const file = value.files.find(({ path }) => path === wanted) ?? value.files[0];
  return (
    <section class="files">
      <h2 class="hidden">{t.instances.tabs.files}</h2>
      <p class="note">
        {value.generation === null ? t.instances.planned(value.node) : t.instances.published(value.node, value.generation)} {t.instances.secrets}
      </p>
      <nav class="tabs small" aria-label={t.instances.tabs.files}>
        {value.files.map(({ path }) => (
          <a
            key={path}
            href={linkTo(["instances", name], { tab: "files", file: path })}
            {...(path === file?.path ? { "aria-current": "page" as const } : {})}
          >
            {path}
          </a>
        ))}
      </nav>
      {file !== undefined && <pre class="rendered-file" tabIndex={0} aria-label={file.path}>{file.content}</pre>}
      <h3>{t.instances.slots}</h3>
      <PlainTable heads={[t.instances.slot, t.instances.camera, t.instances.cameraId]}>
        {value.cameras.map((one) => (
          <tr key={one.name}>
            <td>{one.slot}</td>
            <th scope="row"><a href={linkTo(["cameras", one.name])}>{one.name}</a></th>
            <td>{one.cameraId}</td>
          </tr>
        ))}
      </PlainTable>
    </section>
  );
}
