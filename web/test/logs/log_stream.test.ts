import { deepEqual, equal } from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Refused } from "../../src/api/ask.ts";
import { LogLines } from "../../src/logs/log_lines.ts";
import { type LogState, readLog } from "../../src/logs/log_stream.ts";

class Page extends EventTarget {
  hidden = false;

  show(isShown: boolean): void {
    this.hidden = !isShown;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

type Connection = { path: string; signal: AbortSignal; say: (text: string) => void; end: () => void };

let page: Page;
let connections: Connection[];
let answers: (Response | null)[];
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  page = new Page();
  [connections, answers] = [[], []];
  Object.assign(globalThis, {
    document: page,
    fetch: async (path: string, { signal }: { signal: AbortSignal }) => {
      const prepared = answers.shift();
      if (prepared) return prepared;
      const body = new ReadableStream({
        start(controller) {
          const text = new TextEncoder();
          signal.addEventListener("abort", () => controller.error(signal.reason));
          connections.push({ path, signal, say: (said) => controller.enqueue(text.encode(said)), end: () => controller.close() });
        },
      });
      return new Response(body);
    },
  });
});

afterEach(() => mock.timers.reset());

function reading(isPrevious = false) {
  const [lines, states, leave] = [new LogLines(), [] as LogState[], new AbortController()];
  const done = readLog({ instance: "door", isPrevious, sinceSeconds: null }, lines, (state) => states.push(state), leave.signal);
  return { lines, states, leave, done };
}

test("a tab that is hidden for a minute holds no connection, and goes on from the newest line when it is seen", async () => {
  const { lines, states, leave, done } = reading();
  await settled();
  connections[0]?.say("2026-03-01T12:00:00Z one\n");
  await settled();
  page.show(false);
  mock.timers.tick(59_000);
  await settled();
  equal(connections[0]?.signal.aborted, false, "a look at another tab ends nothing");
  mock.timers.tick(1_000);
  await settled();
  equal(connections[0]?.signal.aborted, true);
  deepEqual(states.at(-1), { is: "hidden" });
  equal(connections.length, 1);
  page.show(true);
  await settled();
  equal(connections.length, 2);
  equal(connections[1]?.path.includes("sinceTime=2026-03-01T12%3A00%3A00Z"), true);
  connections[1]?.say("2026-03-01T12:00:00Z one\n2026-03-01T12:00:01Z two\n");
  await settled();
  deepEqual(lines.lines.map(({ text }) => text), ["one", "two"]);
  leave.abort();
  await done;
  equal(connections[1]?.signal.aborted, true, "who leaves the view ends it");
});

test("a connection that ends is made again after a while, one at a time", async () => {
  const { states, leave, done } = reading();
  await settled();
  connections[0]?.end();
  await settled();
  equal(states.at(-1)?.is, "again");
  equal(connections.length, 1);
  mock.timers.tick(1_000);
  await settled();
  equal(connections.length, 2);
  leave.abort();
  await done;
});

test("nobody who does not look asks again", async () => {
  const { states, leave, done } = reading();
  await settled();
  page.show(false);
  connections[0]?.end();
  await settled();
  mock.timers.tick(30_000);
  await settled();
  deepEqual([states.at(-1), connections.length], [{ is: "hidden" }, 1]);
  page.show(true);
  await settled();
  equal(connections.length, 2);
  leave.abort();
  await done;
});

test("what does not pass by itself is told and not asked for again; what does, is", async () => {
  const status = (code: number) => new Response(JSON.stringify({ message: `because of ${code}` }), { status: code });
  answers = [status(503), status(400)];
  const { states, done } = reading();
  await settled();
  deepEqual(states.at(-1), { is: "again", why: "because of 503" });
  mock.timers.tick(1_000);
  await done;
  const last = states.at(-1);
  equal(last?.is === "refused" && last.error instanceof Refused && last.error.message, "because of 400");
});

test("the log of a run that is over ends", async () => {
  const { lines, states, done } = reading(true);
  await settled();
  connections[0]?.say("the last word");
  connections[0]?.end();
  await done;
  deepEqual(states.at(-1), { is: "over" });
  deepEqual(lines.lines.map(({ text }) => text), ["the last word"], "whose last line has no end");
});
