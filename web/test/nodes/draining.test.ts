import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Away, Refused } from "../../src/api/ask.ts";
import { type Eviction, evictionOf } from "../../src/instances/eviction.ts";
import { type Hands, type Move, drain, wouldMove } from "../../src/nodes/draining.ts";

const eviction: Eviction = { said: "it moves", to: "b", interrupted: ["dock"], removed: [] };

function world(answers: Record<string, (Eviction | Error)[]>) {
  const [told, asked, places] = [[] as Move[], [] as string[], new Map<string, string>()];
  const hands: Hands = {
    evict: async (instance, isDry) => {
      asked.push(`${isDry ? "dry " : ""}${instance}`);
      const said = answers[instance]?.shift() ?? eviction;
      if (said instanceof Error) throw said;
      if (!isDry) places.set(instance, "b");
      return said;
    },
    look: (instance) => ({ node: places.get(instance) ?? "a", isReady: true }),
    pause: async () => undefined,
    tell: (move) => told.push(move),
    isStopped: () => false,
  };
  return { hands, told, asked, steps: () => told.map(({ instance, step }) => `${instance} ${step}`) };
}

test("what would move and what stays is asked without moving anything", async () => {
  const { hands, told, asked } = world({ y: [new Refused(409, "Conflict", "spec.node names it")] });
  await wouldMove(["x", "y"], hands);
  deepEqual(asked, ["dry x", "dry y"]);
  deepEqual(told.map(({ step, why }) => [step, why]), [["moves", ""], ["stays", "spec.node names it"]]);
});

test("one moves after the other, and one that stays keeps nobody back", async () => {
  const { hands, steps } = world({ x: [new Refused(409, "Conflict", "held")] });
  await drain("a", ["x", "y"], hands);
  deepEqual(steps(), ["x stays", "y moving", "y moved"]);
});

test("who is busy is asked again, who is gone has moved, and who is not heard has failed", async () => {
  const { hands, steps } = world({
    x: [new Refused(429, "TooManyRequests", "it moves already"), new Refused(404, "NotFound", "gone")],
    y: [new Away("no route")],
  });
  await drain("a", ["x", "y"], hands);
  deepEqual(steps(), ["x again", "x moved", "y failed"]);
});

test("who is asked in vain for a minute is given up", async () => {
  const { hands, told, asked } = world({ x: Array.from({ length: 99 }, () => new Refused(429, "TooManyRequests", "busy")) });
  await drain("a", ["x"], hands);
  equal(told.at(-1)?.step, "failed");
  equal(told.at(-1)?.why, "busy");
  equal(asked.length, 13);
});

test("one that does not come up keeps the next one back for a minute and no longer", async () => {
  const { hands, steps } = world({});
  await drain("a", ["x", "y"], { ...hands, look: () => ({ node: "b", isReady: false }) });
  deepEqual(steps(), ["x moving", "x moved", "y moving", "y moved"]);
});

test("the plan in the head of an answer says where to, and which cameras it touches", () => {
  const plan = '{"changes": [{"kind": "move", "instance": "x", "node": "b", "camerasInterrupted": ["dock"], "camerasRemoved": ["gate"]}]}';
  deepEqual(evictionOf("it moves", plan), { said: "it moves", to: "b", interrupted: ["dock"], removed: ["gate"] });
  deepEqual(evictionOf("it moves", null), { said: "it moves", to: null, interrupted: [], removed: [] });
});
