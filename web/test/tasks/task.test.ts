import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type Model, boxOf, className, counted, filtersOf, pathOf, unserved } from "../../src/tasks/task.ts";

const MODELS: Model[] = [
  { kind: "detection", name: "people", labels: ["person"], available: true },
  { kind: "detection", name: "cars", labels: ["car", "bus"], available: false },
  { kind: "classification", name: "weather", labels: ["rain"], available: false },
];

test("what stands in the link is what the service is asked for", () => {
  const filters = filtersOf(new URLSearchParams("status=done&model=a%26b&before=17&kind=detection"));
  deepEqual(filters, { status: "done", model: "a&b", before: "17" });
  equal(pathOf(filters), "/tasks?status=done&model=a%26b&before=17&limit=24");
});

test("a link that makes no sense filters nothing", () => {
  const filters = filtersOf(new URLSearchParams("status=lost&before=-1"));
  deepEqual(filters, { status: "", model: "", before: "" });
  equal(pathOf(filters), "/tasks?limit=24");
});

test("a class is called as the model calls it that answered", () => {
  equal(className(MODELS, { kind: "detection", model: "cars" }, 0), "car");
  equal(className(MODELS, { kind: "detection", model: "people" }, 0), "person");
  equal(className(MODELS, { kind: "detection", model: "people" }, 7), "#7");
  equal(className(MODELS, { kind: "detection", model: "gone" }, 0), "#0");
  equal(className(MODELS, { kind: "classification", model: "people" }, 0), "#0");
});

test("when nobody knows which model answered, a name counts only if all would say it", () => {
  equal(className(MODELS, { kind: "detection", model: null }, 0), "#0");
  equal(className(MODELS, { kind: "classification", model: null }, 0), "rain");
  equal(className([], { kind: "classification", model: null }, 3), "#3");
});

test("what was found is counted, the most frequent first", () => {
  deepEqual(counted(["car", "person", "bus", "person"]), [["person", 2], ["bus", 1], ["car", 1]]);
  deepEqual(counted([]), []);
});

test("a box is about its middle, and turned about it", () => {
  const found = { class_id: 0, x_coord: 0.5, y_coord: 0.25, width: 0.2, height: 0.1, rotation: Math.PI / 2, probability: 1 };
  const box = boxOf(found, 1000, 400);
  deepEqual([box.x, box.y, box.width, box.height].map(Math.round), [400, 80, 200, 40]);
  deepEqual([box.degrees, ...box.middle].map(Math.round), [90, 500, 100]);
});

test("a box of no size is drawn as none", () => {
  const found = { class_id: 0, x_coord: 0, y_coord: 0, width: -0.1, height: 0, rotation: 0, probability: 1 };
  deepEqual([boxOf(found, 100, 100).width, boxOf(found, 100, 100).height], [0, 0]);
});

test("kinds that no worker answers now are told, each once", () => {
  deepEqual(unserved(MODELS, ["detection", "classification", "classification"]), ["classification"]);
  deepEqual(unserved([], ["detection"]), ["detection"]);
  deepEqual(unserved(MODELS, []), []);
});
