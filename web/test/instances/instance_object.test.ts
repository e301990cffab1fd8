import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { numberInForce, restartWrite, scaleWrite, undoWrite, versionsOf } from "../../src/instances/instance_object.ts";

const set = (number: string, image: string, cause?: string) => ({
  metadata: { annotations: { "deployment.kubernetes.io/revision": number, ...(cause ? { "kubernetes.io/change-cause": cause } : {}) } },
  spec: { replicas: 1, template: { spec: { containers: [{ image }] } } },
});

test("the newest version comes first, and the one in force is the one that the Deployment says", () => {
  const deployment = { metadata: { annotations: { "deployment.kubernetes.io/revision": "10" } } };
  const versions = versionsOf({ items: [set("9", "a:1"), set("10", "a:2", "new model")] }, numberInForce(deployment));
  deepEqual(
    versions.map(({ number, cause, image, isInForce }) => [number, cause, image, isInForce]),
    [
      [10, "new model", "a:2", true],
      [9, "", "a:1", false],
    ],
  );
});

test("to go back is the patch that `fleet rollout undo` makes", () => {
  const [version] = versionsOf({ items: [set("3", "a:1")] }, 4);
  deepEqual(version && undoWrite("gate 1", version), {
    method: "PATCH",
    path: "/apis/apps/v1/namespaces/default/deployments/gate%201",
    body: [{ op: "replace", path: "/spec/template", value: { spec: { containers: [{ image: "a:1" }] } } }],
    contentType: "application/json-patch+json",
  });
});

test("a restart says when, and what is the default needs no word", () => {
  deepEqual(restartWrite("door", 0).body, { spec: { restartedAt: "1970-01-01T00:00:00.000Z" } });
  deepEqual([scaleWrite("door", true).body, scaleWrite("door", false).body], [{ spec: { replicas: null } }, { spec: { replicas: 0 } }]);
});
