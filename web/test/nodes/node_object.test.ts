import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { keysOffered, nameFor } from "../../src/nodes/node_object.ts";
import { quantity } from "../../src/nodes/quantities.ts";

test("a key is offered only when its node may be told to trust it", () => {
  const key = `sha256:${"a1".repeat(32)}`;
  const said = (message: string, status: "True" | "False" = "False") => [
    { type: "KeyUndisputed", status, reason: "KeyRefused", message, lastTransitionTime: "" },
  ];
  deepEqual(keysOffered(said(`If the machine has a new key, run \`fleet node trust n --key ${key}\`; if not, …`)), [key]);
  deepEqual(keysOffered(said("change spec.publicKey to 12ab")), [], "a manifest that pins a key is changed");
  deepEqual(keysOffered(said(`--key ${key}`, "True")), []);
});

test("what agents use is read as Kubernetes writes it", () => {
  equal(quantity("1204286000n"), 1.204286);
  equal(quantity("2Ki"), 2048);
  equal(quantity("3"), 3);
  equal(quantity("much"), null);
  equal(quantity(""), null);
});

test("a machine is named as a manifest may be", () => {
  deepEqual(["Edge_1.local", "-x-", "日本"].map(nameFor), ["edge-1.local", "x", "node"]);
});
