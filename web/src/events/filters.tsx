/** What narrows the events: each choice stands in the link. */
import { place, setQuery } from "../route.ts";
import { t } from "../texts/en.ts";
import { RANGES } from "./chosen.ts";

const BETWEEN = "between";

/** A time of the link, as the input of the browser wants it: in the zone of who looks. */
function localTime(text: string | null): string {
  const at = new Date(text ?? "");
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function linkedTime(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

export function EventFilters({ wrong }: { wrong: string }) {
  const { query } = place.value;
  const words = t.events;
  const value = (key: string): string => query.get(key) ?? "";
  const choose = (key: string) => (event: { currentTarget: HTMLSelectElement | HTMLInputElement }) =>
    setQuery({ [key]: event.currentTarget.value });
  const isBetween = value("range") === BETWEEN;
  return (
    <div class="tools">
      <input
        type="search"
        aria-label={words.search}
        placeholder={words.searchHint}
        value={value("q")}
        onInput={choose("q")}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <label class="inline">
        {words.type}
        <select value={value("type")} onChange={choose("type")}>
          <option value="">{words.all}</option>
          <option value="Warning">{words.warnings}</option>
          <option value="Normal">{words.normal}</option>
        </select>
      </label>
      <label class="inline">
        {words.kind}
        <select value={value("kind")} onChange={choose("kind")}>
          <option value="">{words.all}</option>
          {Object.entries(words.kinds).map(([kind, word]) => <option key={kind} value={kind}>{word}</option>)}
        </select>
      </label>
      <label class="inline">
        {t.wall.labels}
        <input value={value("l")} placeholder={t.wall.labelsHint} aria-invalid={wrong !== ""} onInput={choose("l")} />
      </label>
      <label class="inline">
        {words.range}
        <select
          value={value("range")}
          onChange={(event) => setQuery({ range: event.currentTarget.value, from: "", to: "" })}
        >
          <option value="">{words.always}</option>
          {Object.keys(RANGES).map((key) => <option key={key} value={key}>{words.ranges[key]}</option>)}
          <option value={BETWEEN}>{words.between}</option>
        </select>
      </label>
      {isBetween &&
        (["from", "to"] as const).map((key) => (
          <label key={key} class="inline">
            {words[key]}
            <input
              type="datetime-local"
              value={localTime(query.get(key))}
              onChange={(event) => setQuery({ [key]: linkedTime(event.currentTarget.value) })}
            />
          </label>
        ))}
      <label class="inline">
        <input
          type="checkbox"
          checked={value("first") === "warnings"}
          onChange={(event) => setQuery({ first: event.currentTarget.checked ? "warnings" : "" })}
        />
        {words.warningsFirst}
      </label>
    </div>
  );
}
