/** A long list of which only what is on the screen is in the document. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

export interface Item {
  key: string;
  /** In CSS pixels. */
  height: number;
}

/** The sums of heights: where each item begins, and where the last one ends. */
export function offsetsOf(items: readonly Item[]): Float64Array {
  const offsets = new Float64Array(items.length + 1);
  for (const [index, item] of items.entries()) offsets[index + 1] = (offsets[index] ?? 0) + item.height;
  return offsets;
}

/** The index of the item at a height: of the last one that begins there or above. */
export function indexAt(offsets: Float64Array, y: number): number {
  let [low, high] = [0, Math.max(0, offsets.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

const MORE_PX = 200;

/**
 * @param items all of them.
 * @param show one, as it is drawn.
 * @param reveal the key of an item that is scrolled to when it changes.
 */
export function VirtualList<T extends Item>(props: {
  items: readonly T[];
  show: (item: T) => ComponentChildren;
  label: string;
  reveal?: string | null;
  onWidth?: (width: number) => void;
}) {
  const { items, show, label, reveal, onWidth } = props;
  const box = useRef<HTMLDivElement>(null);
  const [window, setWindow] = useState({ top: 0, height: 1200 });
  const offsets = useMemo(() => offsetsOf(items), [items]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = (): void => {
      const height = element.clientHeight;
      onWidth?.(element.clientWidth);
      setWindow((old) => (old.height === height ? old : { ...old, height }));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const index = reveal == null ? -1 : items.findIndex(({ key }) => key === reveal);
    const element = box.current;
    if (index < 0 || element === null) return;
    const [top, bottom] = [offsets[index] ?? 0, offsets[index + 1] ?? 0];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }, [reveal]);

  const scrolled = (): void => {
    const top = box.current?.scrollTop ?? 0;
    // In steps: a list that is scrolled by a pixel shows the same items.
    const stepped = Math.floor(top / MORE_PX) * MORE_PX;
    setWindow((old) => (old.top === stepped ? old : { ...old, top: stepped }));
  };

  const first = indexAt(offsets, window.top - MORE_PX);
  const last = indexAt(offsets, window.top + window.height + 2 * MORE_PX);
  return (
    <div class="virtual" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label={label}>
      <div style={{ height: `${offsets[items.length] ?? 0}px` }}>
        <div style={{ transform: `translateY(${offsets[first] ?? 0}px)` }}>
          {items.slice(first, last + 1).map((item) => (
            <div key={item.key} style={{ height: `${item.height}px` }}>
              {show(item)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
