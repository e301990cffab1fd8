import { equal } from "node:assert/strict";
import { test } from "node:test";
import { yamlOf } from "../../src/camera/yaml.ts";

test("an object is said as YAML says it", () => {
  const object = {
    metadata: { name: "gate", labels: { site: "hq", floor: "1", on: "yes" } },
    spec: {
      address: "rtsp://10.0.0.1:554/a",
      width: 640,
      visual: true,
      empty: {},
      line: [[1, 2], [3.5, 4]],
      many: [{ a: 1, b: "x: y" }, { a: 2 }],
      text: "two\nlines # no comment",
    },
  };
  equal(
    yamlOf(object),
    `metadata:
  name: gate
  labels:
    site: hq
    floor: "1"
    "on": "yes"
spec:
  address: rtsp://10.0.0.1:554/a
  width: 640
  visual: true
  empty: {}
  line: [[1, 2], [3.5, 4]]
  many:
    - a: 1
      b: "x: y"
    - a: 2
  text: "two\\nlines # no comment"`,
  );
});

test("a long list has a line for each of its values", () => {
  equal(yamlOf({ ids: Array.from({ length: 40 }, (_, id) => id) }).split("\n").length, 41);
});
