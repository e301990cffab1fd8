/** One instance: how it is, what it prints, its files and versions; and what a person may do with it. */
import "./instance.css";
import { objectPath } from "../api/objects.ts";
import { instances } from "../live/fleet.ts";
import { LogView } from "../logs/log_view.tsx";
import { NoSheet, Sheet } from "../parts/sheet.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { linkTo, place, setQuery } from "../route.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { InstanceDialog } from "./instance_dialogs.tsx";
import type { InstanceObject } from "./instance_object.ts";
import { InstanceState } from "./instances.tsx";
import { Overview } from "./overview.tsx";
import { Rendered } from "./rendered.tsx";
import { Versions } from "./versions.tsx";

const TABS = ["overview", "logs", "files", "versions"] as const;

export function InstanceView({ name }: { name: string }) {
  const row = instances.get(name);
  const { value: instance, error } = useAsked<InstanceObject>(objectPath("DsInstance", name), { when: row });
  if (instance === null) return <NoSheet name={name} room="instances" error={error} />;
  const { spec, status } = instance;
  const { query } = place.value;
  const tab = TABS.find((one) => one === query.get("tab")) ?? "overview";
  const readOnly = whyReadOnly();
  const isStopped = spec.replicas === 0;
  const act = (what: string): void => setQuery({ act: what });
  return (
    <Sheet
      name={name}
      room="instances"
      roomTitle={t.nav.instances}
      state={row !== undefined && <InstanceState instance={row} />}
      actions={
        <>
          <a class="button" href={linkTo(["events"], { q: name, kind: "DsInstance" })}>{t.nav.events}</a>
          <a class="button" href={linkTo(["instances", name, "edit"])}>{t.sheet.edit}</a>
          {status.held === undefined ? (
            <button type="button" onClick={() => act("hold")}>{t.instances.hold}</button>
          ) : (
            <button type="button" onClick={() => act("release")}>{t.instances.release}</button>
          )}
          <button type="button" disabled={readOnly !== null || isStopped} onClick={() => act("restart")}>{t.instances.restart}</button>
          <button type="button" disabled={status.node === null} onClick={() => act("move")}>{t.instances.move}</button>
          <button type="button" disabled={readOnly !== null} class={isStopped ? "" : "danger"} onClick={() => act(isStopped ? "start" : "stop")}>
            {isStopped ? t.instances.start : t.instances.stop}
          </button>
        </>
      }
    >
      {readOnly !== null && <p class="note sheet-why">{t.sheet.readOnly(readOnly)}</p>}
      {status.message && <p class={`sheet-why ${row?.ready === "dark" ? "error" : "note"}`}>{status.message}</p>}
      <nav class="tabs" aria-label={t.instances.parts}>
        {TABS.map((one) => (
          <a
            key={one}
            href={linkTo(["instances", name], { tab: one === "overview" ? "" : one })}
            {...(one === tab ? { "aria-current": "page" as const } : {})}
          >
            {t.instances.tabs[one]}
          </a>
        ))}
      </nav>
      {tab === "overview" && <Overview instance={instance} />}
      {tab === "logs" && (
        <>
          <h2 class="hidden">{t.instances.tabs.logs}</h2>
          <LogView instance={name} />
        </>
      )}
      {tab === "files" && <Rendered name={name} generation={status.generation} />}
      {tab === "versions" && <Versions name={name} generation={instance.metadata.generation ?? 0} />}
      <InstanceDialog instance={instance} what={query.get("act") ?? ""} onClose={() => act("")} />
    </Sheet>
  );
}
