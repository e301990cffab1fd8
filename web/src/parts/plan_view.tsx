/** What would happen, in terms of cameras. */
import type { Plan, PlannedChange } from "../api/previews.ts";
import { t } from "../texts/en.ts";

export function PlanView({ plan }: { plan: Plan }) {
  return (
    <div class="plan">
      <p>{plan.summary}</p>
      <ul>
        {plan.changes.map((change, index) => (
          <Change key={index} change={change} />
        ))}
      </ul>
      {plan.reasons.map(({ object, message }) => (
        <p key={`${object} ${message}`} class="note">
          {object}: {message}
        </p>
      ))}
      {plan.warnings.map((text) => (
        <p key={text} class="note">{text}</p>
      ))}
    </div>
  );
}

function Change({ change }: { change: PlannedChange }) {
  const { kind, instance, oldName, node, fromNode, changeClass } = change;
  const { camerasAdded, camerasRemoved, camerasInterrupted, causes } = change;
  return (
    <li>
      <strong>{kind}</strong> {oldName === null ? "" : `${oldName} → `}
      {instance}
      {node ? ` @ ${fromNode === null ? "" : `${fromNode} → `}${node}` : ""}
      {changeClass ? ` (${changeClass})` : ""}
      {camerasAdded.length > 0 && <div class="added">+ {camerasAdded.join(", ")}</div>}
      {camerasRemoved.length > 0 && <div class="removed">− {camerasRemoved.join(", ")}</div>}
      {camerasInterrupted.length > 0 && (
        <div class="interrupted">
          {t.save.interrupts(camerasInterrupted.length, change.expectedBlindSeconds)}: {camerasInterrupted.join(", ")}
        </div>
      )}
      {causes.length > 0 && (
        <ul class="causes">
          {causes.map((cause) => (
            <li key={cause}>{cause}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
