/** Lines of text, of which only those on the screen are in the document. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { windowOf } from "../listing/listing.ts";
import { type Line, piecesOf, severity } from "./log_lines.ts";

const LINE_PX = 20;
const MORE_LINES = 20;
const BEYOND_MS = /(\.\d{3})\d+/;

/**
 * @param at the index of the line that one is at; -1 for none. It is scrolled to when it changes.
 * @param onLeave called when a person scrolls away from the end.
 */
export function LineList(props: {
  lines: readonly Line[];
  label: string;
  find: string;
  at: number;
  hasTimes: boolean;
  isFollowing: boolean;
  onLeave: () => void;
}) {
  const { lines, at, isFollowing, onLeave } = props;
  const box = useRef<HTMLDivElement>(null);
  const isSought = useRef(false);
  const [view, setView] = useState({ top: 0, height: 800 });

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
    const element = box.current;
    if (element !== null && isFollowing) element.scrollTop = element.scrollHeight;
  }, [lines, isFollowing, view.height]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || at < 0) return;
    const top = at * LINE_PX;
    if (top < element.scrollTop || top + LINE_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = top - element.clientHeight / 2;
    isSought.current = true;
  }, [at]);

  // What was found may stand far to the right, in a line that is drawn only after the list was scrolled.
  useLayoutEffect(() => {
    const mark = isSought.current ? box.current?.querySelector(".at mark") : null;
    if (!mark) return;
    isSought.current = false;
    mark.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [at, view.top]);

  const scrolled = (): void => {
    const element = box.current;
    if (element === null) return;
    const top = Math.floor(element.scrollTop / LINE_PX) * LINE_PX;
    // Up, that is: lines that come below are no step away from the end.
    if (isFollowing && top < view.top - LINE_PX && element.scrollTop + element.clientHeight < element.scrollHeight - 2 * LINE_PX) onLeave();
    setView((old) => (old.top === top ? old : { ...old, top }));
  };

  const [first, last] = windowOf(lines.length, LINE_PX, view.top, view.height, MORE_LINES);
  return (
    <div class="lines" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-live="off" aria-label={props.label}>
      <div style={{ height: `${lines.length * LINE_PX}px`, paddingTop: `${first * LINE_PX}px` }}>
        {lines.slice(first, last).map((line, index) => (
          <div key={line.number} class={`log-line ${severity(line.text)}${first + index === at ? " at" : ""}`}>
            {props.hasTimes && <span class="soft">{line.at.replace(BEYOND_MS, "$1")} </span>}
            {piecesOf(line.text, props.find).map((piece, part) => (part % 2 === 1 ? <mark key={part}>{piece}</mark> : piece))}
          </div>
        ))}
      </div>
    </div>
  );
}
