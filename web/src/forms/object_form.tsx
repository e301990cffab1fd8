/** An object is made or changed in a form, which its JSON Schema says. */
import "./forms.css";
import { useEffect, useState } from "preact/hooks";
import { Refused, ask } from "../api/ask.ts";
import { type Json, mergePatch } from "../api/merge_patch.ts";
import { type FleetObject, type KindName, PLURALS, objectPath } from "../api/objects.ts";
import { type Write, preview } from "../api/previews.ts";
import { cameras, instances, nodes } from "../live/fleet.ts";
import { DeleteDialog } from "../parts/delete_dialog.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { SaveDialog } from "../parts/save_dialog.tsx";
import { go, linkTo } from "../route.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { FieldView } from "./field_view.tsx";
import { type Field, type Schema, fieldsOf, withValue } from "./schema.ts";

type Draft = { [key: string]: Json };

const ROOMS: Readonly<Record<KindName, string>> = { Camera: "cameras", DsInstance: "instances", Node: "nodes" };

/** How a name may be written, as in Kubernetes. */
const NAME: Field = {
  path: ["metadata", "name"],
  name: "name",
  kind: "text",
  schema: { type: "string", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", maxLength: 253 },
  isRequired: true,
  help: "",
  changeClass: "",
};
const LABELS: Field = { ...NAME, path: ["metadata", "labels"], name: "labels", kind: "pairs", schema: {}, isRequired: false };

/** What of an object people write: its labels and its spec. */
function written(object: FleetObject): Draft {
  const { name, labels } = object.metadata;
  return { metadata: { name, ...(labels ? { labels } : {}) }, spec: object.spec as Draft };
}

/** The write that makes what is wanted of what is there; `before` is null for a new object. */
export function writeOf(kind: KindName, before: Draft | null, after: Draft): Write {
  if (before === null) {
    return { method: "POST", path: objectPath(kind), body: { apiVersion: "dsfleet.io/v1", kind, spec: {}, ...after } };
  }
  const name = String((before["metadata"] as Draft)["name"]);
  return {
    method: "PATCH",
    path: objectPath(kind, name),
    body: mergePatch(before, after),
    contentType: "application/merge-patch+json",
  };
}

/**
 * @param name of the object that is changed; null for a new one.
 */
export function ObjectForm({ kind, name }: { kind: KindName; name: string | null }) {
  const [root, setRoot] = useState<Schema | null>(null);
  const [before, setBefore] = useState<Draft | null>(null);
  const [draft, setDraft] = useState<Draft | null>(name === null ? {} : null);
  const [error, setError] = useState<unknown>(null);
  const [write, setWrite] = useState<Write | null>(null);
  const [deleting, setDeleting] = useState(false);
  useEffect(() => {
    ask<Schema>(`/web/${kind.toLowerCase()}.schema.json`).then(setRoot, setError);
    if (name === null) return;
    ask<FleetObject>(objectPath(kind, name)).then((object) => {
      setBefore(written(object));
      setDraft(written(object));
    }, setError);
  }, [kind, name]);

  const readOnly = whyReadOnly();
  const known = {
    cameras: cameras.all().map((one) => one.name),
    node: nodes.all().map((one) => one.name),
    instance: instances.all().map((one) => one.name),
  };
  const faults = new Map(
    (error instanceof Refused ? error.causes : []).flatMap(({ field, message }) => (field ? [[field, message] as const] : [])),
  );
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (draft === null) return;
    const wanted = writeOf(kind, before, draft);
    setError(null);
    try {
      // What is refused is said here, beside the fields.
      await preview(wanted);
      setWrite(wanted);
    } catch (failure) {
      setError(failure);
    }
  };
  const title = name === null ? t.forms.create(kind) : t.forms.change_(kind, name);
  const spec = root?.properties?.["spec"];
  const shared = {
    root: root ?? {},
    draft: draft ?? undefined,
    faults,
    known,
    onChange: (path: readonly string[], value: Json | undefined) =>
      setDraft((old) => (withValue(old ?? {}, path, value) ?? {}) as Draft),
  };
  const back = name === null ? linkTo([ROOMS[kind]]) : linkTo([ROOMS[kind], name]);
  return (
    <main class="form" id="content">
      <h1>{title}</h1>
      {readOnly !== null && <p class="banner">{readOnly}</p>}
      <Refusal error={error} />
      {root === null || draft === null || spec === undefined ? (
        error === null && <p role="status">{t.forms.loading}</p>
      ) : (
        <form onSubmit={submit}>
          {name === null && <FieldView {...shared} field={{ ...NAME, help: t.forms.nameHelp }} />}
          <FieldView {...shared} field={{ ...LABELS, help: t.forms.labelsHelp }} />
          {fieldsOf(spec, root, ["spec"]).map((field) => (
            <FieldView key={field.name} {...shared} field={field} />
          ))}
          <div class="actions">
            {name !== null && (
              <button type="button" class="danger" disabled={readOnly !== null} onClick={() => setDeleting(true)}>{t.sheet.delete}</button>
            )}
            <a class="button" href={back}>{t.save.cancel}</a>
            <button type="submit" class="primary" disabled={readOnly !== null}>{t.save.preview}</button>
          </div>
        </form>
      )}
      {deleting && name !== null && <DeleteDialog kind={kind} name={name} room={ROOMS[kind]} onClose={() => setDeleting(false)} />}
      {write !== null && (
        <SaveDialog
          title={title}
          write={write}
          typed={name ?? PLURALS[kind]}
          onClose={() => setWrite(null)}
          onLeave={() => go(back)}
        />
      )}
    </main>
  );
}
