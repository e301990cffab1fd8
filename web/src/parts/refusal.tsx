/** Why something was not done, and where the fault is. */
import { Away, Refused } from "../api/ask.ts";
import { t } from "../texts/en.ts";

export function Refusal({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  if (error instanceof Away) return <p role="alert" class="error">{t.save.away}</p>;
  const causes = error instanceof Refused ? error.causes : [];
  return (
    <div role="alert" class="error">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {causes.length > 1 && (
        <ul>
          {causes.map((cause, index) => (
            <li key={index}>
              {cause.file && <code>{t.save.at(cause.file, cause.line, cause.column)}</code>} {cause.field} {cause.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
