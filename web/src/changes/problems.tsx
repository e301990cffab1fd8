/** What is wrong with the newest manifests, which therefore are not in force. */
import { t } from "../texts/en.ts";
import type { Problem } from "./revisions.ts";

export function Problems({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <div class="problems">
      <h3>{t.changes.problems(problems.length)}</h3>
      <p>{t.changes.lastGood}</p>
      <ul>
        {problems.map(({ file, line, column, path, message, hint }, index) => (
          <li key={index}>
            {file && <code>{t.save.at(file, line ?? undefined, column ?? undefined)}</code>} {path && <strong>{path}</strong>} {message}
            {hint && <p class="hint">{hint}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
}
