/** The heading of a view that is below others: the way there, and where one is. */
import type { ComponentChildren } from "preact";
import { linkTo } from "../route.ts";
import { t } from "../texts/en.ts";

/**
 * @param path of the views above it: a room, and maybe the name of an object in it.
 */
export function Crumbs({ path, children }: { path: readonly [room: "cameras" | "instances" | "nodes" | "changes", name?: string]; children: ComponentChildren }) {
  return (
    <h1 class="crumbs">
      {path.map((part, index) => (
        <>
          <a href={linkTo(path.slice(0, index + 1) as string[])}>{index === 0 ? t.nav[path[0]] : part}</a> <span aria-hidden="true">/</span>{" "}
        </>
      ))}
      {children}
    </h1>
  );
}
