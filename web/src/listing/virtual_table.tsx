/** A table of which only the rows on the screen are in the document. It is a real one: its rows know where they stand in the whole. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../texts/en.ts";
import { type SortedBy, sortOf, windowOf } from "./listing.ts";

export interface Column<T> {
  key: string;
  title: string;
  /** In rem; the column without one takes what is left. */
  width?: number;
  by?: SortedBy<T>;
  show: (row: T) => ComponentChildren;
}

const ROW_PX = 38;
const HEAD_PX = 38;
const MORE_ROWS = 8;

/**
 * @param names of all rows, in order.
 * @param row one of them as it is now.
 * @param marked the row that the keys are at; it is scrolled to when it changes.
 */
export function VirtualTable<T>(props: {
  label: string;
  names: readonly string[];
  row: (name: string) => T | undefined;
  columns: readonly Column<T>[];
  sort: string;
  onSort: (key: string) => void;
  marked: string | null;
}) {
  const { names, columns, marked } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 1200 });

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = (): void => setView((old) => ({ ...old, height: element.clientHeight }));
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const [element, index] = [box.current, marked === null ? -1 : names.indexOf(marked)];
    if (element === null || index < 0) return;
    const top = index * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_PX + HEAD_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW_PX + HEAD_PX - element.clientHeight;
  }, [marked]);

  const scrolled = (): void => {
    const top = Math.floor((box.current?.scrollTop ?? 0) / ROW_PX) * ROW_PX;
    setView((old) => (old.top === top ? old : { ...old, top }));
  };

  const [first, last] = windowOf(names.length, ROW_PX, view.top, view.height, MORE_ROWS);
  const { key: sorted, isDescending } = sortOf(props.sort);
  return (
    <div class="virtual table" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label={props.label}>
      <table aria-rowcount={names.length + 1} aria-label={props.label}>
        <colgroup>
          {columns.map(({ key, width }) => (
            <col key={key} style={width === undefined ? {} : { width: `${width}rem` }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ key, title, by }) => (
              <th
                key={key}
                scope="col"
                {...(sorted === key ? { "aria-sort": isDescending ? ("descending" as const) : ("ascending" as const) } : {})}
              >
                {by === undefined ? (
                  title
                ) : (
                  <button type="button" title={t.listing.sort(title)} onClick={() => props.onSort(key)}>
                    {title} <span aria-hidden="true">{sorted === key ? (isDescending ? "▾" : "▴") : ""}</span>
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} columns={columns.length} />
          {names.slice(first, last).map((name, index) => (
            <Row key={name} name={name} row={props.row} columns={columns} index={first + index + 2} isMarked={marked === name} />
          ))}
          <Gap rows={names.length - last} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

/** The height of the rows that are not there. */
function Gap({ rows, columns }: { rows: number; columns: number }) {
  if (rows === 0) return null;
  return (
    <tr aria-hidden="true" class="gap">
      <td colSpan={columns} style={{ height: `${rows * ROW_PX}px` }} />
    </tr>
  );
}

function Row<T>(props: {
  name: string;
  row: (name: string) => T | undefined;
  columns: readonly Column<T>[];
  index: number;
  isMarked: boolean;
}) {
  const row = props.row(props.name);
  if (row === undefined) return null;
  return (
    <tr
      aria-rowindex={props.index}
      data-name={props.name}
      {...(props.isMarked ? { class: "marked", "aria-current": "true" as const } : {})}
    >
      {props.columns.map(({ key, show }, index) =>
        index === 0 ? <th key={key} scope="row">{show(row)}</th> : <td key={key}>{show(row)}</td>,
      )}
    </tr>
  );
}
