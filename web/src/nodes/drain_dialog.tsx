/** Empties a node: shows what would move and what stays, and then moves one instance after the other. */
import "./nodes.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { evict } from "../instances/eviction.ts";
import { instances } from "../live/fleet.ts";
import { Dialog } from "../parts/dialog.tsx";
import { setQuery } from "../route.ts";
import { whyReadOnly } from "../session.ts";
import { t } from "../texts/en.ts";
import { type Hands, type Move, drain, wouldMove } from "./draining.ts";

const SIGNS: Readonly<Record<Move["step"], string>> = { asked: "…", moves: "→", stays: "✖", moving: "⟳", again: "⟳", moved: "✔", failed: "✖" };

export function DrainDialog({ node, isCordoned, onClose }: { node: string; isCordoned: boolean; onClose: () => void }) {
  const [moves, setMoves] = useState<Move[]>(() => {
    const own = instances.all().filter((one) => one.node === node && one.replicas > 0);
    return own.map(({ name }) => ({ instance: name, step: "asked", eviction: null, why: "" }) as const);
  });
  const [phase, setPhase] = useState<"asking" | "asked" | "draining" | "done">("asking");
  const stopped = useRef(false);
  const hands: Hands = {
    evict,
    look: (instance) => {
      const one = instances.signal(instance)?.peek();
      return one === undefined ? null : { node: one.node, isReady: one.ready === "ready" };
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    tell: (move) => setMoves((old) => old.map((one) => (one.instance === move.instance ? move : one))),
    isStopped: () => stopped.current,
  };
  useEffect(() => {
    void wouldMove(moves.map(({ instance }) => instance), hands).then(() => setPhase("asked"));
    return () => (stopped.current = true);
  }, []);

  const begin = async (): Promise<void> => {
    stopped.current = false;
    setPhase("draining");
    const left = moves.filter(({ step }) => step !== "moved" && step !== "stays");
    await drain(node, left.map(({ instance }) => instance), hands);
    setPhase("done");
  };
  const count = (...steps: Move["step"][]): number => moves.filter(({ step }) => steps.includes(step)).length;
  const dark = new Set(moves.flatMap(({ step, eviction }) => (step === "moves" ? (eviction?.removed ?? []) : [])));
  const readOnly = whyReadOnly();
  const isDraining = phase === "draining";
  return (
    <Dialog title={t.drain.title(node)} onClose={onClose} wide>
      {!isCordoned && (
        <p class="parked">
          {t.drain.notCordoned}{" "}
          {readOnly === null ? (
            <button type="button" disabled={isDraining} onClick={() => setQuery({ act: "cordon-to-drain" })}>{t.drain.cordonFirst}</button>
          ) : (
            t.sheet.readOnly(readOnly)
          )}
        </p>
      )}
      <p role="status">
        {moves.length === 0 ? t.drain.empty : phase === "asking" ? t.save.checking
          : phase === "asked" ? t.drain.would(count("moves"), count("stays", "failed")) : t.drain.progress(count("moved"), count("stays", "failed"), moves.length)}
      </p>
      {dark.size > 0 && <p class="parked">{t.drain.unwatched([...dark].join(", "))}</p>}
      <ul class="moves">
        {moves.map((move) => (
          <li key={move.instance} class={move.step}>
            <span aria-hidden="true">{SIGNS[move.step]}</span> <strong>{move.instance}</strong> {textOf(move)}
            {move.why && <div class="soft">{move.why}</div>}
            {move.step === "moves" && (move.eviction?.interrupted.length ?? 0) > 0 && (
              <div class="soft">{t.save.interrupts(move.eviction?.interrupted.length ?? 0, null)}: {move.eviction?.interrupted.join(", ")}</div>
            )}
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" onClick={onClose}>{isDraining ? t.drain.stop : t.save.close}</button>
        {(isDraining || (phase !== "done" && count("asked", "moves", "failed") > 0)) && (
          <button type="button" class="primary" disabled={phase !== "asked"} onClick={begin}>
            {isDraining ? t.drain.draining : t.drain.begin(count("moves"))}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function textOf({ step, eviction }: Move): string {
  const to = eviction?.to ?? t.drain.elsewhere;
  const texts: Record<Move["step"], string> = {
    asked: "",
    moves: t.drain.moves(to),
    stays: t.drain.stays,
    moving: t.drain.moving(to),
    again: t.drain.again,
    moved: t.drain.moved(to),
    failed: t.drain.failed,
  };
  return texts[step];
}
