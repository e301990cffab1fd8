/** A node that is emptied: what would move, and then one instance after the other. */
import { Refused } from "../api/ask.ts";
import type { Eviction } from "../instances/eviction.ts";

export type Step = "asked" | "moves" | "stays" | "moving" | "again" | "moved" | "failed";

export interface Move {
  instance: string;
  step: Step;
  eviction: Eviction | null;
  /** Why it stays, or is asked again. */
  why: string;
}

/** What draining needs of the world. */
export interface Hands {
  evict: (instance: string, isDry: boolean) => Promise<Eviction>;
  /** Where an instance is and whether it is well there; null when it is gone. */
  look: (instance: string) => { node: string | null; isReady: boolean } | null;
  pause: (ms: number) => Promise<void>;
  /** Told of each step. */
  tell: (move: Move) => void;
  isStopped: () => boolean;
}

const [GONE, CONFLICT, LATER] = [404, 409, 429];
const AGAIN_MS = 5_000;
const MOST_AGAIN = 12;
const LOOK_MS = 500;
/** The next one is not kept waiting by one that does not come up. */
const MOST_LOOKS = 120;

/** What would become of each, one after the other: many at once would be refused as too much. */
export async function wouldMove(names: readonly string[], hands: Hands): Promise<void> {
  for (const instance of names) {
    if (hands.isStopped()) return;
    hands.tell(await asked(instance, hands));
  }
}

async function asked(instance: string, hands: Hands): Promise<Move> {
  try {
    return { instance, step: "moves", eviction: await hands.evict(instance, true), why: "" };
  } catch (error) {
    if (!(error instanceof Refused)) return { instance, step: "failed", eviction: null, why: whyOf(error) };
    if (error.code === GONE) return { instance, step: "moved", eviction: null, why: "" };
    return { instance, step: error.code === LATER ? "moves" : "stays", eviction: null, why: error.message };
  }
}

/** Moves them one after the other; the next one when the one before has come up, or does not within a minute. */
export async function drain(node: string, names: readonly string[], hands: Hands): Promise<void> {
  for (const instance of names) {
    if (hands.isStopped()) return;
    hands.tell(await moved(node, instance, hands));
  }
}

async function moved(node: string, instance: string, hands: Hands): Promise<Move> {
  for (let attempt = 0; ; attempt++) {
    try {
      const eviction = await hands.evict(instance, false);
      hands.tell({ instance, step: "moving", eviction, why: "" });
      return await arrived(node, instance, eviction, hands);
    } catch (error) {
      if (!(error instanceof Refused)) return { instance, step: "failed", eviction: null, why: whyOf(error) };
      if (error.code === GONE) return { instance, step: "moved", eviction: null, why: "" };
      if (error.code !== LATER || attempt >= MOST_AGAIN || hands.isStopped()) {
        return { instance, step: error.code === CONFLICT ? "stays" : "failed", eviction: null, why: error.message };
      }
      hands.tell({ instance, step: "again", eviction: null, why: error.message });
      await hands.pause(AGAIN_MS);
    }
  }
}

async function arrived(node: string, instance: string, eviction: Eviction, hands: Hands): Promise<Move> {
  for (let looks = 0; looks < MOST_LOOKS && !hands.isStopped(); looks++) {
    const seen = hands.look(instance);
    if (seen === null || (seen.node !== node && seen.node !== null && seen.isReady)) break;
    await hands.pause(LOOK_MS);
  }
  return { instance, step: "moved", eviction, why: "" };
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
