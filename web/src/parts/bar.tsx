/** How much of something is used: as a bar, and in numbers. */
import "./bar.css";

/**
 * @param limit how much there is; null when nobody knows.
 * @param says the numbers as people read them.
 */
export function Bar(props: { used: number; limit: number | null; label: string; says?: string }) {
  const { used, limit, label } = props;
  const text = props.says ?? (limit === null ? `${used}` : `${used} / ${limit}`);
  if (limit === null || limit <= 0) return <span class="bar-of">{text}</span>;
  const share = Math.min(1, used / limit);
  return (
    <span class="bar-of" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={limit} aria-valuenow={Math.min(used, limit)} aria-valuetext={text}>
      <span class="bar-line" aria-hidden="true">
        <span class={share >= 0.9 ? "full" : ""} style={{ width: `${share * 100}%` }} />
      </span>
      <span class="bar-text">{text}</span>
    </span>
  );
}
