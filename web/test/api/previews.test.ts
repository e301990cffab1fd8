import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { previewOf } from "../../src/api/previews.ts";

test("what the API leaves out of a preview because it is empty is there", () => {
  const said = { kind: "Preview", revision: "sha256:1", summary: "1 change", changes: [{ kind: "remove", instance: "yard" }] };
  const { changes, files, reasons, warnings, parked, revision } = previewOf(said);
  equal(revision, "sha256:1");
  deepEqual([files, reasons, warnings, parked], [[], [], [], null]);
  deepEqual(changes.map(({ instance, camerasAdded, camerasInterrupted, node }) => [instance, camerasAdded, camerasInterrupted, node]), [
    ["yard", [], [], null],
  ]);
});
