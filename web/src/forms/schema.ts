/** Fields of a form, out of the JSON Schema of a kind: pure. */
import type { Json } from "../api/merge_patch.ts";

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  enum?: string[];
  default?: Json;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  "x-change-class"?: string;
}

/** How a field is filled in: `texts` is a list of them, `pairs` names with a text each, `json` all that has no better form. */
export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "texts" | "pairs" | "group" | "json";

export interface Field {
  path: readonly string[];
  name: string;
  kind: FieldKind;
  /** What the values must be like, without references. */
  schema: Schema;
  isRequired: boolean;
  help: string;
  /** What a change of it does to a running instance; empty where the schema does not say. */
  changeClass: string;
}

function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  while (found.$ref !== undefined) {
    const { $ref, ...beside } = found;
    found = { ...(root.$defs?.[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {}), ...beside };
  }
  const others = found.anyOf?.filter((one) => one.type !== "null");
  // What may be nothing is left out instead.
  if (others?.length === 1 && others[0] !== undefined) {
    const { anyOf: _, ...beside } = found;
    return { ...resolved(others[0], root), ...beside };
  }
  return found;
}

function kindOf(schema: Schema, root: Schema): FieldKind {
  if (schema.enum !== undefined) return "choice";
  switch (schema.type) {
    case "string":
      return "text";
    case "number":
    case "integer":
    case "boolean":
      return schema.type;
    case "array":
      return isText(schema.items, root) ? "texts" : "json";
    case "object":
      return schema.properties !== undefined ? "group" : isText(valuesOf(schema), root) ? "pairs" : "json";
    default:
      return "json";
  }
}

function valuesOf(schema: Schema): Schema | undefined {
  const [values] = Object.values(schema.patternProperties ?? {});
  return values ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
}

function isText(schema: Schema | undefined, root: Schema): boolean {
  return schema !== undefined && resolved(schema, root).type === "string";
}

/** The fields of an object, as its schema lists them; what must be there is first, groups are last.
 *
 * @param schema of the object.
 * @param root the document that it stands in, for references.
 * @param path where the object is.
 */
export function fieldsOf(schema: Schema, root: Schema, path: readonly string[] = []): Field[] {
  const object = resolved(schema, root);
  const fields = Object.entries(object.properties ?? {}).map(([name, one]) => {
    const found = resolved(one, root);
    return {
      path: [...path, name],
      name,
      kind: kindOf(found, root),
      schema: found,
      isRequired: object.required?.includes(name) ?? false,
      help: found.description ?? "",
      changeClass: found["x-change-class"] ?? "",
    };
  });
  const rank = ({ isRequired, kind }: Field): number => (isRequired ? 0 : kind === "group" ? 2 : kind === "json" ? 3 : 1);
  return fields.sort((one, other) => rank(one) - rank(other));
}

/** The value at a place; undefined when there is none. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (found, key) => (typeof found === "object" && found !== null && !Array.isArray(found) ? found[key] : undefined),
    value,
  );
}

/** The same with another value at a place; undefined takes it away, and objects with it that are empty then. */
export function withValue(value: Json | undefined, path: readonly string[], given: Json | undefined): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return given;
  const object = typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  const inner = withValue(object[key], rest, given);
  if (inner === undefined) delete object[key];
  else object[key] = inner;
  return Object.keys(object).length === 0 ? undefined : object;
}
