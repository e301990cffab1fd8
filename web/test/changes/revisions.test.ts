import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Revision, merged, restorePath, shortRevision } from "../../src/changes/revisions.ts";

const one = (revision: string, inForce = false): Revision => ({
  revision, author: "", at: `2026-01-01T00:00:0${revision}Z`, subject: "", inForce, canRestore: null,
});

test("a newer first page goes before what was asked for earlier, and only one is in force", () => {
  const known = { revisions: [one("3", true), one("2"), one("1")], next: "1" };
  const { revisions, next } = merged({ revisions: [one("4", true), one("3")], next: "3" }, known);
  deepEqual(revisions.map(({ revision, inForce }) => [revision, inForce]), [["4", true], ["3", false], ["2", false], ["1", false]]);
  equal(next, "1", "what comes further down is asked for as before");
});

test("a first page that has nothing of what is shown takes its place", () => {
  const newest = { revisions: [one("9"), one("8")], next: "8" };
  equal(merged(newest, { revisions: [one("3")], next: null }), newest);
  equal(merged(newest, null), newest);
});

test("an id is short for people and whole in a path", () => {
  equal(shortRevision("sha256:f721e807b4dfc606"), "f721e807");
  equal(restorePath("sha256:f7"), "/fleet/v1/revisions/sha256%3Af7/restore");
});
