import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LogLines, MOST_CHARACTERS, MOST_LINES, linesWith, nextFound, piecesOf, severity } from "../../src/logs/log_lines.ts";
import { logPath } from "../../src/logs/log_stream.ts";

const texts = (lines: LogLines): string[] => lines.lines.map(({ text }) => text);

test("pieces of a log become lines, wherever they were cut", () => {
  const lines = new LogLines();
  for (const piece of ["2026-03-01T12:00:00.5Z on", "e\n2026-03-01T12:00:01Z two\nno time", "\nthe rest"]) lines.take(piece);
  deepEqual(lines.lines.map(({ at, text }) => [at, text]), [
    ["2026-03-01T12:00:00.5Z", "one"],
    ["2026-03-01T12:00:01Z", "two"],
    ["", "no time"],
  ]);
  lines.end();
  deepEqual(texts(lines).at(-1), "the rest");
  equal(lines.newest, "2026-03-01T12:00:01Z");
});

test("as many lines are held as a page may hold, and none is endless", () => {
  const lines = new LogLines();
  for (let index = 0; index < 3 * MOST_LINES; index++) lines.take(`line ${index}\n`);
  equal(lines.total, 3 * MOST_LINES);
  equal(lines.lines.length <= 1.1 * MOST_LINES, true);
  equal(lines.lines.at(-1)?.text, `line ${3 * MOST_LINES - 1}`);
  lines.take(`${"x".repeat(10 * MOST_CHARACTERS)}\n`);
  equal(lines.lines.at(-1)?.text.length, MOST_CHARACTERS + 1);
  for (let piece = 0; piece < 100; piece++) lines.take("y".repeat(MOST_CHARACTERS));
  lines.end();
  equal(lines.lines.at(-1)?.text.length, MOST_CHARACTERS + 1, "nor is one whose end never comes");
});

test("a log that is asked for again does not say a line twice, and leaves none out", () => {
  const lines = new LogLines();
  lines.take("2026-03-01T12:00:00Z a\n2026-03-01T12:00:01Z b\n2026-03-01T12:00:01Z c\n");
  lines.resume();
  lines.take("2026-03-01T12:00:01Z b\n2026-03-01T12:00:01Z c\n2026-03-01T12:00:01Z d\n2026-03-01T12:00:02Z b\n");
  deepEqual(texts(lines), ["a", "b", "c", "d", "b"]);
});

test("the same line twice is two lines when nothing was asked for again", () => {
  const lines = new LogLines();
  lines.take("2026-03-01T12:00:00Z a\n2026-03-01T12:00:00Z a\n");
  deepEqual(texts(lines), ["a", "a"]);
});

test("colours of terminals are left out", () => {
  const lines = new LogLines();
  lines.take("\u001b[1;31mred\u001b[0m\r\n");
  deepEqual(texts(lines), ["red"]);
});

test("what is searched for is found in any case, and one goes round", () => {
  const lines = ["A camera", "nothing", "two cameras of a CAMERA"].map((text, number) => ({ number, at: "", text }));
  deepEqual(linesWith(lines, "camera"), [0, 2]);
  deepEqual(linesWith(lines, ""), []);
  deepEqual([nextFound([0, 2], -1, 1), nextFound([0, 2], 0, 1), nextFound([0, 2], 2, 1), nextFound([0, 2], 0, -1)], [0, 2, 0, 2]);
  equal(nextFound([], 3, 1), null);
  deepEqual(piecesOf("two cameras of a CAMERA", "camera"), ["two ", "camera", "s of a ", "CAMERA", ""]);
  deepEqual(piecesOf("İstanbul camera", "camera"), ["İstanbul camera"], "whose small letters are longer than its capital ones");
});

test("errors and warnings are told by their words", () => {
  deepEqual(["t ERROR x", "t WARNING x", "t INFO no error", "WARN x"].map(severity), ["failed", "warned", "", "warned"]);
});

test("a log is asked for from the newest known line on", () => {
  const asked = { instance: "a b", isPrevious: false, sinceSeconds: null };
  const path = "/api/v1/namespaces/default/pods/a%20b/log?timestamps=true";
  equal(logPath(asked, ""), `${path}&follow=true&tailLines=500`);
  equal(logPath({ ...asked, sinceSeconds: 300 }, ""), `${path}&follow=true&sinceSeconds=300`);
  equal(logPath(asked, "2026-03-01T12:00:00Z"), `${path}&follow=true&sinceTime=2026-03-01T12%3A00%3A00Z`);
  equal(logPath({ ...asked, isPrevious: true }, ""), `${path}&previous=true&tailLines=500`);
});
