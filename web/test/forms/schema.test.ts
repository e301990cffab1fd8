import { deepEqual, equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { linesOf, readLines } from "../../src/forms/field_view.tsx";
import { writeOf } from "../../src/forms/object_form.tsx";
import { type Schema, fieldsOf, valueAt, withValue } from "../../src/forms/schema.ts";

const schema = (kind: string): Schema => JSON.parse(readFileSync(`../crds/schemas/${kind}.schema.json`, "utf8"));

test("each field of the kinds has a form", () => {
  const walk = (one: Schema, root: Schema, path: string[], depth = 0): string[] =>
    fieldsOf(one, root, path).flatMap((field) => [
      `${field.path.join(".")} ${field.kind}`,
      ...(field.kind === "group" && depth < 4 ? walk(field.schema, root, [...field.path], depth + 1) : []),
    ]);
  const camera = walk(schema("camera").properties?.["spec"] ?? {}, schema("camera"), ["spec"]);
  equal(camera[0], "spec.address text");
  for (const line of [
    "spec.type choice",
    "spec.width integer",
    "spec.frameDelaySeconds number",
    "spec.visual boolean",
    "spec.credentialsRef group",
    "spec.credentialsRef.name text",
    "spec.analytics.frame.width integer",
  ]) {
    equal(camera.includes(line), true, line);
  }
  const instance = walk(schema("dsinstance").properties?.["spec"] ?? {}, schema("dsinstance"), ["spec"]);
  for (const line of ["spec.app.appType choice", "spec.cameras texts", "spec.container.volumes json", "spec.container.env pairs"]) {
    equal(instance.includes(line), true, line);
  }
});

test("what is taken away takes empty groups with it", () => {
  const draft = withValue({ spec: { app: { kind: "reference" } } }, ["spec", "credentialsRef", "name"], "dock");
  equal(valueAt(draft, ["spec", "credentialsRef", "name"]), "dock");
  deepEqual(withValue(draft, ["spec", "credentialsRef", "name"], undefined), { spec: { app: { kind: "reference" } } });
});

test("lines are read as they are written", () => {
  for (const [kind, value] of [
    ["texts", ["a", "b"]],
    ["pairs", { a: "1", b: "x=y" }],
    ["json", [{ a: [1, null] }]],
  ] as const) {
    deepEqual(readLines(linesOf(value as never, { kind }), { kind }), { value, wrong: "" });
  }
  equal(readLines("oops", { kind: "pairs" }).value, undefined);
  equal(readLines("{", { kind: "json" }).wrong !== "", true);
  deepEqual(readLines(" \n", { kind: "json" }), { value: undefined, wrong: "" });
});

test("a change is a patch of what is different, a new object is whole", () => {
  const before = { metadata: { name: "dock", labels: { site: "hq", area: "yard" } }, spec: { address: "rtsp://a/1", width: 640 } };
  const after = { metadata: { name: "dock", labels: { site: "hq" } }, spec: { address: "rtsp://a/2" } };
  deepEqual(writeOf("Camera", before, after), {
    method: "PATCH",
    path: "/apis/dsfleet.io/v1/cameras/dock",
    body: { metadata: { labels: { area: null } }, spec: { address: "rtsp://a/2", width: null } },
    contentType: "application/merge-patch+json",
  });
  deepEqual(writeOf("Camera", null, { metadata: { name: "n" } }).body, {
    apiVersion: "dsfleet.io/v1", kind: "Camera", spec: {}, metadata: { name: "n" },
  });
});
