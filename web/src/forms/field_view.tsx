/** One field of a form. */
import { useId, useState } from "preact/hooks";
import type { Json } from "../api/merge_patch.ts";
import { t } from "../texts/en.ts";
import { type Field, type Schema, fieldsOf, valueAt } from "./schema.ts";

export interface FieldProps {
  field: Field;
  root: Schema;
  draft: Json | undefined;
  /** What the controller says of fields, by their paths. */
  faults: ReadonlyMap<string, string>;
  /** Names that may be meant, by the name of the field. */
  known: Readonly<Record<string, readonly string[]>>;
  onChange: (path: readonly string[], value: Json | undefined) => void;
}

export function FieldView(props: FieldProps) {
  return props.field.kind === "group" ? <Group {...props} /> : <Single {...props} />;
}

function Group(props: FieldProps) {
  const { field, root, draft, faults } = props;
  const value = valueAt(draft, field.path);
  const key = field.path.join(".");
  const isWrong = [...faults.keys()].some((path) => path === key || path.startsWith(`${key}.`));
  const [isOpen, setOpen] = useState(value !== undefined);
  return (
    <details open={isOpen || isWrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {field.name} {value !== undefined && <span class="note">{t.forms.set}</span>}
      </summary>
      {field.help && <p class="note">{field.help}</p>}
      {faults.has(key) && <p class="error">{faults.get(key)}</p>}
      {(isOpen || isWrong) &&
        fieldsOf(field.schema, root, field.path).map((one) => <FieldView key={one.name} {...props} field={one} />)}
    </details>
  );
}

function Single(props: FieldProps) {
  const { field, faults } = props;
  const id = useId();
  const fault = faults.get(field.path.join("."));
  return (
    <div class={`field${fault ? " wrong" : ""}`}>
      <label for={id}>
        {field.name}
        {field.isRequired && <span class="required"> {t.forms.required}</span>}
      </label>
      <Input {...props} id={id} />
      {fault && <p class="error">{fault}</p>}
      <p class="note" id={`${id}-help`}>
        {field.help} {field.changeClass && t.forms.change(field.changeClass)}
      </p>
    </div>
  );
}

function Input(props: FieldProps & { id: string }) {
  const { field, draft, known, id, onChange } = props;
  const { schema, path, kind } = field;
  const value = valueAt(draft, path);
  const set = (given: Json | undefined): void => onChange(path, given);
  // What must be there in a group that is left out is asked for only when something of the group is said.
  const isRequired = field.isRequired && (path.length <= 1 || valueAt(draft, path.slice(0, -1)) !== undefined);
  const shared = { id, "aria-describedby": `${id}-help`, required: isRequired };
  const standard = schema.default === undefined || schema.default === null ? "" : String(schema.default);
  const names = known[field.name];
  switch (kind) {
    case "choice":
    case "boolean": {
      const options = kind === "boolean" ? ["true", "false"] : (schema.enum ?? []);
      return (
        <select
          {...shared}
          value={value === undefined ? "" : String(value)}
          onChange={({ currentTarget: { value: chosen } }) =>
            set(chosen === "" ? undefined : kind === "boolean" ? chosen === "true" : chosen)
          }
        >
          <option value="">{standard === "" ? t.forms.none : t.forms.standard(standard)}</option>
          {options.map((one) => (
            <option key={one} value={one}>{one}</option>
          ))}
        </select>
      );
    }
    case "number":
    case "integer":
      return (
        <input
          {...shared}
          type="number"
          step={kind === "integer" ? 1 : "any"}
          min={schema.minimum ?? schema.exclusiveMinimum}
          max={schema.maximum}
          placeholder={standard}
          value={value === undefined ? "" : String(value)}
          onInput={({ currentTarget: { value: text } }) => set(text === "" ? undefined : Number(text))}
        />
      );
    case "texts":
    case "pairs":
    case "json":
      return <Lines {...props} shared={shared} />;
    default:
      return (
        <>
          <input
            {...shared}
            type="text"
            pattern={schema.pattern?.replace(/^\^|\$$/g, "")}
            minLength={schema.minLength}
            maxLength={schema.maxLength}
            placeholder={standard}
            value={value === undefined ? "" : String(value)}
            {...(names ? { list: `${id}-known` } : {})}
            onInput={({ currentTarget: { value: text } }) => set(text === "" ? undefined : text)}
          />
          {names && (
            <datalist id={`${id}-known`}>
              {names.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          )}
        </>
      );
  }
}

/** What is written in lines: texts one in each, pairs as `name=text`, all else as JSON. What cannot be read yet stays as it is written. */
function Lines({ field, draft, onChange, shared }: FieldProps & { shared: object }) {
  const value = valueAt(draft, field.path);
  const [text, setText] = useState(() => linesOf(value, field));
  const [wrong, setWrong] = useState("");
  const read = (written: string): void => {
    setText(written);
    const found = readLines(written, field);
    setWrong(found.wrong);
    if (found.wrong === "") onChange(field.path, found.value);
  };
  return (
    <>
      <textarea
        {...shared}
        rows={Math.min(12, text.split("\n").length + 1)}
        spellcheck={false}
        value={text}
        aria-invalid={wrong !== ""}
        ref={(element) => element?.setCustomValidity(wrong)}
        onInput={(event) => read(event.currentTarget.value)}
      />
      <p class={wrong ? "error" : "note"}>{wrong || t.forms.lines[field.kind as "texts" | "pairs" | "json"]}</p>
    </>
  );
}

/** A value as it is written in lines. */
export function linesOf(value: Json | undefined, { kind }: Pick<Field, "kind">): string {
  if (value === undefined || value === null) return "";
  if (kind === "texts" && Array.isArray(value)) return value.join("\n");
  if (kind === "pairs" && typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}=${one}`).join("\n");
  return JSON.stringify(value, null, 2);
}

/** What is written in lines, as a value, or what is wrong with it; nothing written is no value. */
export function readLines(text: string, { kind }: Pick<Field, "kind">): { value: Json | undefined; wrong: string } {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (lines.length === 0) return { value: undefined, wrong: "" };
  if (kind === "texts") return { value: lines, wrong: "" };
  if (kind === "pairs") {
    const wrong = lines.find((line) => line.indexOf("=") < 1);
    if (wrong !== undefined) return { value: undefined, wrong: t.forms.noPair(wrong) };
    return { value: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()])), wrong: "" };
  }
  try {
    return { value: JSON.parse(text), wrong: "" };
  } catch (error) {
    return { value: undefined, wrong: t.forms.noJson(error instanceof Error ? error.message : "") };
  }
}
