import { match } from "node:assert/strict";
import { test } from "node:test";
import { previewOf } from "../../src/api/previews.ts";
import { markdownOf } from "../../src/parts/plan_markdown.ts";

test("a plan as Markdown says all that the page says, and nothing in it is a sign", () => {
  const change = {
    kind: "move", instance: "gate", node: "b", fromNode: "a", changeClass: "recreate", causes: ["spec.x: *1* -> <2>"],
    camerasInterrupted: ["g-1"], camerasRemoved: ["g-2"], expectedBlindSeconds: 4.2,
  };
  const text = markdownOf("Plan of 12: # less", { ...previewOf({ summary: "2 changes", changes: [change] }), parked: "1 of 2 cameras" });
  match(text, /^### Plan of 12: \\# less\n\n2 changes\n\n> \*\*It waits for approval:\*\* 1 of 2 cameras\n\n/);
  match(text, /\n- \*\*move\*\* `gate` @ `a` → `b` \(recreate\)\n {2}- − `g-2`\n {2}- interrupts one camera, for about 4.2 s: `g-1`\n/);
  match(text, /\n {2}- spec\.x: \\\*1\\\* -\\> \\<2\\>\n$/);
});
