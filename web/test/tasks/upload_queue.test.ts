import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { AT_ONCE, type Queue, again, changed, due, faultOf, refusalIn, without } from "../../src/tasks/upload_queue.ts";

const queue = (...states: ("waiting" | "sending" | "refused")[]): Queue<string> =>
  states.map((state, key) => ({ key, file: `${key}.png`, kind: "detection", state, share: 0, why: state === "refused" ? "no" : "" }));
const keys = (of: Queue<string>): number[] => of.map(({ key }) => key);

test("so many are sent at once, the first ones first", () => {
  equal(AT_ONCE, 2);
  deepEqual(keys(due(queue("waiting", "waiting", "waiting"))), [0, 1]);
  deepEqual(keys(due(queue("refused", "sending", "waiting", "waiting"))), [2]);
  deepEqual(keys(due(queue("sending", "sending", "waiting"))), []);
  deepEqual(keys(due(queue("refused"))), []);
});

test("what was refused waits again when a person wants that; the others go on", () => {
  const tried = again(queue("refused", "sending"));
  deepEqual(tried.map(({ state }) => state), ["waiting", "sending"]);
  equal(tried[0]?.why, "");
});

test("one is changed and others stay the very same", () => {
  const before = queue("waiting", "waiting");
  const after = changed(before, 1, { share: 0.5 });
  equal(after[0], before[0]);
  equal(after[1]?.share, 0.5);
  deepEqual(keys(without(after, ({ key }) => key === 0)), [1]);
});

test("a file that the service would refuse is not sent", () => {
  equal(faultOf({ size: 10, type: "image/png" }, 10), null);
  equal(faultOf({ size: 10, type: "" }, 10), null);
  equal(faultOf({ size: 11, type: "image/jpeg" }, 10), "large");
  equal(faultOf({ size: 5, type: "image/gif" }, 10), "format");
  equal(faultOf({ size: 0, type: "image/png" }, 10), "empty");
});

test("a refusal says why, and when it goes on by itself", () => {
  const said = '{"detail": "too many tasks wait"}';
  deepEqual(refusalIn(503, said, "5"), { why: "too many tasks wait", waitSeconds: 5 });
  deepEqual(refusalIn(429, said, "5"), { why: "too many tasks wait", waitSeconds: 5 });
  deepEqual(refusalIn(415, said, "5"), { why: "too many tasks wait", waitSeconds: null });
  deepEqual(refusalIn(503, "<html>", null), { why: "HTTP 503", waitSeconds: null });
  deepEqual(refusalIn(502, "null", "soon"), { why: "HTTP 502", waitSeconds: null });
});
