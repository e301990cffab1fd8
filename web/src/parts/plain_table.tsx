/** A short table: all of its rows are in the document. */
import type { ComponentChildren } from "preact";

/**
 * @param heads of the columns; one without a title for people who see is told to the others.
 */
export function PlainTable({ heads, hidden = "", children }: { heads: readonly string[]; hidden?: string; children: ComponentChildren }) {
  return (
    <div class="scrolls" tabIndex={0} role="group" aria-label={heads[0]}>
      <table class="plain">
        <thead>
          <tr>
            {heads.map((head) => <th key={head} scope="col">{head}</th>)}
            {hidden && <th scope="col"><span class="hidden">{hidden}</span></th>}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
