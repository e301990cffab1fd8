/** What keeps the page live: one stream for all tabs of a browser, which starts again as long as it takes. */
import { Away, Refused, ask } from "../api/ask.ts";
import { elect } from "./election.ts";
import * as fleet from "./fleet.ts";
import type { Said } from "./rows.ts";
import { lookAgain, unknown } from "../session.ts";

/** The controller is said to be away when nothing was heard for so long; it speaks every 15 s. */
const SILENCE_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

type Told = { what: "change"; said: Said } | { what: "beat"; at: number } | { what: "again" } | { what: "away"; why: string };

let others: BroadcastChannel | null = null;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How long the next attempt waits: twice as long as the one before, and by chance, so that not all pages come at once. */
export function nextWait(before: number, chance: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, before * 2)) * (0.75 + chance / 2);
}

/** Keeps the page live from now on, as long as the controller knows who looks at it. */
export function goLive(): void {
  others = new BroadcastChannel("fleet-stream");
  others.onmessage = ({ data }: MessageEvent<Told>) => take(data);
  setInterval(() => {
    fleet.now.value = Date.now();
    const { state, heardAt } = fleet.live.peek();
    if (state === "live" && Date.now() - heardAt > SILENCE_MS) fleet.away("");
  }, 1_000);
  void snapshot();
  elect(lead);
}

let asking: Promise<void> | null = null;
/** What was told while everything is asked for: the answer may be older. */
let meanwhile: Said[] = [];
/** When more than that was told the first ones are forgotten, which is seen, and everything asked for again. */
const MOST_MEANWHILE = 100;

/** Asks for everything, until it is there. Who asks meanwhile waits for the same answer. */
function snapshot(): Promise<void> {
  if (asking === null) {
    meanwhile = [];
    asking = snapshotNow().finally(() => {
      asking = null;
    });
  }
  return asking;
}

async function snapshotNow(): Promise<void> {
  for (let wait = 0; ; ) {
    try {
      const all = await ask<Said>("/fleet/v1/snapshot");
      const told = meanwhile;
      meanwhile = [];
      lookAgain();
      if (fleet.takeSnapshot(all, told)) return;
      await pause(FIRST_WAIT_MS);
    } catch (error) {
      if (!(error instanceof Away || error instanceof Refused)) throw error;
      if (error instanceof Refused && (error.code === 401 || error.code === 403)) return;
      fleet.away(error instanceof Refused ? error.message : "");
      wait = nextWait(wait, Math.random());
      await pause(wait);
    }
  }
}

function take(told: Told): void {
  if (told.what === "change") change(told.said);
  else if (told.what === "beat") fleet.heard(told.at);
  else if (told.what === "again") void snapshot();
  else fleet.away(told.why);
}

function change(said: Said): void {
  if (asking !== null) meanwhile = [...meanwhile.slice(1 - MOST_MEANWHILE), said];
  if (!fleet.takeChange(said)) void snapshot();
}

function tell(told: Told): void {
  take(told);
  others?.postMessage(told);
}

async function lead(signal: AbortSignal): Promise<void> {
  await snapshot();
  for (let wait = 0; !signal.aborted && !unknown.peek(); ) {
    const began = Date.now();
    await follow(signal);
    // One that held for a while was no failed attempt.
    wait = nextWait(Date.now() - began > LONGEST_WAIT_MS ? 0 : wait, Math.random());
    await pause(wait);
    if (signal.aborted) return;
    // What changed meanwhile was told to nobody: every tab asks for all.
    tell({ what: "again" });
    await snapshot();
  }
}

/** What comes in several parts, as one; null while some are missing: until the last one they say no newer version. */
export function joined(parts: readonly Said[]): Said | null {
  const last = parts.at(-1);
  if (last === undefined || isPart(last)) return null;
  if (parts.length === 1) return last;
  const all = <T>(of: (said: Said) => T[] | undefined): T[] => parts.flatMap((one) => of(one) ?? []);
  return {
    ...last,
    cameras: all((one) => one.cameras),
    instances: all((one) => one.instances),
    nodes: all((one) => one.nodes),
    gone: {
      cameras: all((one) => one.gone?.cameras),
      instances: all((one) => one.gone?.instances),
      nodes: all((one) => one.gone?.nodes),
    },
  };
}

function isPart({ after, version, cameras, instances, nodes, gone }: Said): boolean {
  return after === version && [cameras, instances, nodes, gone].some((one) => one !== undefined);
}

/** Follows the stream until it ends. The browser's own way to start again is not used: it would not know of a newer version. */
function follow(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stream = new EventSource(`/fleet/v1/stream?after=${fleet.version}`);
    const silence = setInterval(() => {
      if (Date.now() - fleet.live.peek().heardAt > SILENCE_MS * 2) end();
    }, 5_000);
    const end = (): void => {
      clearInterval(silence);
      stream.close();
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end);
    const parts: Said[] = [];
    stream.addEventListener("change", ({ data }) => {
      parts.push(JSON.parse(data));
      const said = joined(parts);
      if (said === null) return;
      parts.length = 0;
      tell({ what: "change", said });
    });
    stream.addEventListener("beat", ({ data }) => tell({ what: "beat", at: JSON.parse(data).at }));
    stream.addEventListener("resync", end);
    stream.onerror = () => {
      tell({ what: "away", why: "" });
      end();
    };
  });
}
