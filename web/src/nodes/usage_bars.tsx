/** What a machine uses, asked of its agent while one looks. */
import { Refused } from "../api/ask.ts";
import { Bar } from "../parts/bar.tsx";
import { useAsked } from "../parts/use_asked.ts";
import { t } from "../texts/en.ts";
import { quantity } from "./quantities.ts";

const EVERY_MS = 10_000;
const GIB = 2 ** 30;

interface Usage {
  usage: { cpu: string; memory: string };
}

export function UsageBars({ node, processors, memoryMib }: { node: string; processors: number | null; memoryMib: number | null }) {
  const path = `/apis/metrics.k8s.io/v1beta1/nodes/${encodeURIComponent(node)}`;
  const { value, error } = useAsked<Usage>(path, { everyMs: EVERY_MS });
  const none = error instanceof Refused ? t.nodes.noUsage : "…";
  const cpu = value === null ? null : quantity(value.usage.cpu);
  const memory = value === null ? null : quantity(value.usage.memory);
  const all = memoryMib === null ? null : memoryMib / 1024;
  return (
    <>
      <span>{t.nodes.processors}</span>
      {cpu === null ? (
        <span class="soft">{none}</span>
      ) : (
        <Bar used={cpu} limit={processors} label={t.nodes.processors} says={t.nodes.cores(cpu, processors)} />
      )}
      <span>{t.nodes.memory}</span>
      {memory === null ? (
        <span class="soft">{none}</span>
      ) : (
        <Bar used={memory / GIB} limit={all} label={t.nodes.memory} says={t.nodes.gib(memory / GIB, all)} />
      )}
    </>
  );
}
