/** What is said of an object, sentence by sentence: what is not as it should be comes first. */
import { t } from "../texts/en.ts";
import { PlainTable } from "./plain_table.tsx";
import { Since } from "./since.tsx";
import { State } from "./state.tsx";

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  lastTransitionTime: string;
}

const READY = { True: "ready", False: "dark", Unknown: "unknown" } as const;
const ORDER = { False: 0, Unknown: 1, True: 2 } as const;

export function Conditions({ conditions }: { conditions: readonly Condition[] }) {
  const sorted = conditions.toSorted((one, other) => ORDER[one.status] - ORDER[other.status]);
  return (
    <PlainTable heads={[t.conditions.type, t.conditions.says, t.conditions.since]}>
      {sorted.map(({ type, status, reason, message, lastTransitionTime }) => (
        <tr key={type}>
          <th scope="row"><State is={READY[status]} word={type} /></th>
          <td>
            {t.conditions.status[status]} · {reason}
            {message && <div class="soft">{message}</div>}
          </td>
          <td><Since at={Date.parse(lastTransitionTime)} /></td>
        </tr>
      ))}
    </PlainTable>
  );
}
