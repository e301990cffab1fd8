/** A plan as Markdown, for a pull request or a chat: pure. */
import type { Plan, PlannedChange } from "../api/previews.ts";
import { t } from "../texts/en.ts";

/** The text, in which nothing is a sign of Markdown. */
function plain(text: string): string {
  return text.replace(/[\\`*_<>[\]|#~]/g, "\\$&").replace(/\s+/g, " ");
}

const code = (name: string): string => `\`${name.replaceAll("`", "'")}\``;
const codes = (names: readonly string[]): string => names.map(code).join(", ");

/** A plan with all that the page says of it.
 *
 * @param title what it is the plan of, for people.
 */
export function markdownOf(title: string, plan: Plan & { parked?: string | null }): string {
  const lines = [`### ${plain(title)}`, "", plain(plan.summary), ""];
  if (plan.parked) lines.push(`> **${t.changes.parked}** ${plain(plan.parked)}`, "");
  for (const change of plan.changes) lines.push(...changeLines(change));
  for (const { object, message } of plan.reasons) lines.push(`- ${code(object)}: ${plain(message)}`);
  for (const warning of plan.warnings) lines.push(`- ${plain(warning)}`);
  return `${lines.join("\n").trimEnd()}\n`;
}

function changeLines(change: PlannedChange): string[] {
  const { kind, instance, oldName, node, fromNode, changeClass, causes } = change;
  const { camerasAdded, camerasRemoved, camerasInterrupted, expectedBlindSeconds } = change;
  const name = `${oldName === null ? "" : `${code(oldName)} → `}${code(instance)}`;
  const where = node ? ` @ ${fromNode === null ? "" : `${code(fromNode)} → `}${code(node)}` : "";
  const lines = [`- **${plain(kind)}** ${name}${where}${changeClass ? ` (${plain(changeClass)})` : ""}`];
  if (camerasAdded.length > 0) lines.push(`  - + ${codes(camerasAdded)}`);
  if (camerasRemoved.length > 0) lines.push(`  - − ${codes(camerasRemoved)}`);
  if (camerasInterrupted.length > 0) {
    lines.push(`  - ${t.save.interrupts(camerasInterrupted.length, expectedBlindSeconds)}: ${codes(camerasInterrupted)}`);
  }
  return [...lines, ...causes.map((cause) => `  - ${plain(cause)}`)];
}
