/** Where the page is: everything that is shown has a link, which stands behind the `#`. */
import { computed, signal } from "@preact/signals";

export interface Place {
  /** The parts of the path, decoded: `#/cameras/dock` is ["cameras", "dock"]. */
  path: readonly string[];
  query: URLSearchParams;
}

/** The place that a link names. */
export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The link to a place; what is empty in the query is left out. */
export function linkTo(path: readonly string[], query: Record<string, string> = {}): string {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  const asked = given.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${asked ? `?${asked}` : ""}`;
}

const hash = signal(typeof location === "undefined" ? "" : location.hash);
export const place = computed(() => placeOf(hash.value));

if (typeof addEventListener !== "undefined") addEventListener("hashchange", () => (hash.value = location.hash));

/** Goes to a link, as a click on it does. */
export function go(link: string): void {
  location.hash = link;
}

/** Changes what stands in the query, without a step in the history of the browser. */
export function setQuery(changed: Record<string, string>): void {
  const { path, query } = place.peek();
  const wanted = { ...Object.fromEntries(query), ...changed };
  history.replaceState(null, "", linkTo(path, wanted));
  hash.value = location.hash;
}
