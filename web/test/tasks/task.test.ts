import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type AnsweredBy, type Model, answersIn, boxOf, className, counted, filtersOf, hasResult, isUnanswered, pathOf, stepsLeft, unserved } from "../../src/tasks/task.ts";

const MODELS: Model[] = [
  { kind: "detection", name: "people", digest: "1", labels: ["person"], available: true },
  { kind: "detection", name: "cars", digest: "2", labels: ["car", "bus"], available: false },
  { kind: "classification", name: "weather", digest: "3", labels: ["rain"], available: false },
];

/** A task that one model has answered. */
function by(kind: AnsweredBy["kind"], name: string | null, digest: string | null = null): { models: AnsweredBy[] } {
  return { models: [{ kind, name, digest }] };
}

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
  equal(className(MODELS, by("detection", "cars"), "detection", 0), "car");
  equal(className(MODELS, by("detection", "people"), "detection", 0), "person");
  equal(className(MODELS, by("detection", "people"), "detection", 7), "#7");
  equal(className(MODELS, by("detection", "gone"), "detection", 0), "#0");
  equal(className(MODELS, by("classification", "people"), "classification", 0), "#0");
});

test("of both, each step has the names of its own model", () => {
  const task = { models: [...by("detection", "cars").models, ...by("classification", "weather").models] };
  equal(className(MODELS, task, "detection", 1), "bus");
  equal(className(MODELS, task, "classification", 0), "rain");
});

test("of two files of one name, that counts which answered", () => {
  const two: Model[] = [...MODELS, { kind: "detection", name: "people", digest: "9", labels: ["adult"], available: true }];
  equal(className(two, by("detection", "people", "9"), "detection", 0), "adult");
  equal(className(two, by("detection", "people", "1"), "detection", 0), "person");
  // Of one that is not listed, nobody knows which it was like.
  equal(className(two, by("detection", "people", "5"), "detection", 0), "#0");
  equal(className(MODELS, by("detection", "people", "5"), "detection", 0), "person");
});

test("when nobody knows which model answered, a name counts only if all would say it", () => {
  equal(className(MODELS, by("detection", null), "detection", 0), "#0");
  equal(className(MODELS, { models: [] }, "detection", 0), "#0");
  equal(className(MODELS, by("classification", null), "classification", 0), "rain");
  equal(className([], by("classification", null), "classification", 3), "#3");
});

test("of both, what is found is there before the class is", () => {
  const box = { class_id: 0, x_coord: 0.5, y_coord: 0.25, width: 0.2, height: 0.1, rotation: 0, probability: 1 };
  const best = { class_id: 3, probability: 0.5 };
  deepEqual(answersIn({ kind: "both", result: { detection: [box], classification: null } }), { boxes: [box], classes: null });
  deepEqual(answersIn({ kind: "both", result: { detection: [], classification: [best] } }), { boxes: [], classes: [best] });
  deepEqual(answersIn({ kind: "detection", result: [] }), { boxes: [], classes: null });
  deepEqual(answersIn({ kind: "classification", result: [best] }), { boxes: null, classes: [best] });
  deepEqual(answersIn({ kind: "both", result: null }), { boxes: null, classes: null });
});

test("a task is waited for until nothing is left, and may have something to show before", () => {
  const both = { kind: "both" as const, models: [] };
  const shown = (["pending", "sent", "detected", "classifying", "done"] as const).filter((status) => hasResult({ ...both, status }));
  deepEqual(shown, ["detected", "classifying", "done"]);
  equal(hasResult({ kind: "both", status: "failed", ...by("detection", "people") }), true);
  equal(hasResult({ kind: "detection", status: "failed", ...by("detection", "people") }), false);
  deepEqual((["sent", "detected", "done", "failed"] as const).map((status) => isUnanswered({ status })), [true, true, false, false]);
});

test("the steps that are left are those that need a worker", () => {
  deepEqual(stepsLeft({ kind: "both" }), ["detection", "classification"]);
  deepEqual(stepsLeft({ kind: "both", status: "sent" }), ["detection", "classification"]);
  deepEqual(stepsLeft({ kind: "both", status: "classifying" }), ["classification"]);
  deepEqual(stepsLeft({ kind: "detection", status: "sent" }), ["detection"]);
  deepEqual(stepsLeft({ kind: "both", status: "failed" }), []);
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

test("steps that no worker answers now are told, each once", () => {
  deepEqual(unserved(MODELS, ["detection", "classification", "classification"]), ["classification"]);
  deepEqual(unserved([], ["detection"]), ["detection"]);
  deepEqual(unserved(MODELS, []), []);
});
