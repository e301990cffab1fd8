/** What would happen, in terms of cameras. */
import type { Preview } from "../api/previews.ts";
import { t } from "../texts/en.ts";

export function PlanView({ plan }: { plan: Pick<Preview, "summary" | "changes" | "reasons" | "warnings"> }) {
  return (
    <div class="plan">
      <p>{plan.summary}</p>
      <ul>
        {plan.changes.map((change) => (
          <li key={`${change.kind} ${change.instance} ${change.node}`}>
            <strong>{change.kind}</strong> {change.instance}
            {change.node ? ` @ ${change.node}` : ""}
            {change.changeClass ? ` (${change.changeClass})` : ""}
            {change.camerasAdded.length > 0 && <div class="added">+ {change.camerasAdded.join(", ")}</div>}
            {change.camerasRemoved.length > 0 && <div class="removed">− {change.camerasRemoved.join(", ")}</div>}
            {change.camerasInterrupted.length > 0 && (
              <div class="interrupted">
                {t.save.interrupts(change.camerasInterrupted.length, change.expectedBlindSeconds)}:{" "}
                {change.camerasInterrupted.join(", ")}
              </div>
            )}
            {change.causes.length > 0 && (
              <ul class="causes">
                {change.causes.map((cause) => (
                  <li key={cause}>{cause}</li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
      {[...plan.reasons, ...plan.warnings].map((text) => (
        <p key={text} class="note">
          {text}
        </p>
      ))}
    </div>
  );
}
