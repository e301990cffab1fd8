/** What a person may do with an instance; which of it is open stands in the link. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ask } from "../api/ask.ts";
import { ConfirmDialog, saidOf } from "../parts/confirm_dialog.tsx";
import { Refusal } from "../parts/refusal.tsx";
import { SaveDialog } from "../parts/save_dialog.tsx";
import { t } from "../texts/en.ts";
import { type Eviction, evict } from "./eviction.ts";
import { type InstanceObject, restartWrite, scaleWrite } from "./instance_object.ts";

const WRITTEN = ["restart", "stop", "start"] as const;

/**
 * @param what is open; empty for nothing.
 */
export function InstanceDialog({ instance, what, onClose }: { instance: InstanceObject; what: string; onClose: () => void }) {
  const { name } = instance.metadata;
  const write = useMemo(
    () => (what === "restart" ? restartWrite(name, Date.now()) : scaleWrite(name, what === "start")),
    [what, name],
  );
  const written = WRITTEN.find((one) => one === what);
  if (written !== undefined)
    return <SaveDialog title={t.instances.titles[written](name)} write={write} typed={name} onDone={() => undefined} onClose={onClose} />;
  const post = (path: string, body: object) => async (): Promise<string> => saidOf(await ask(path, { method: "POST", body }));
  switch (what) {
    case "hold":
      return (
        <ConfirmDialog
          title={t.instances.titles.hold(name)}
          submit={t.instances.hold}
          reason={t.instances.why}
          act={(reason) => post("/fleet/v1/hold", { instance: name, reason })()}
          onClose={onClose}
        >
          <p>{t.instances.holdWhy}</p>
        </ConfirmDialog>
      );
    case "release":
      return (
        <ConfirmDialog
          title={t.instances.titles.release(name)}
          submit={t.instances.release}
          act={post("/fleet/v1/release", { instance: name })}
          onClose={onClose}
        >
          <p>{t.instances.releaseWhy(instance.status.held ?? "")}</p>
        </ConfirmDialog>
      );
    case "move":
      return <MoveDialog name={name} onClose={onClose} />;
    default:
      return null;
  }
}

/** Shows where an instance would go and what that does to its cameras, before it goes. */
function MoveDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const [would, setWould] = useState<Eviction | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const asking = new AbortController();
    evict(name, true, asking.signal).then(setWould, (failure) => asking.signal.aborted || setError(failure));
    return () => asking.abort();
  }, [name]);
  return (
    <ConfirmDialog
      title={t.instances.titles.move(name)}
      submit={t.instances.moveIt}
      canAct={would !== null}
      act={async () => (await evict(name, false)).said}
      onClose={onClose}
    >
      {would === null && error === null && <p role="status">{t.save.checking}</p>}
      <Refusal error={error} />
      {would !== null && (
        <>
          <p>{would.said}.</p>
          {would.interrupted.length > 0 && <p>{t.save.interrupts(would.interrupted.length, null)}: {would.interrupted.join(", ")}</p>}
          {would.removed.length > 0 && <p class="parked">{t.drain.unwatched(would.removed.join(", "))}</p>}
        </>
      )}
    </ConfirmDialog>
  );
}
