/** The objects of one kind, a signal for each: what a change costs is one row. */
import { batch, type Signal, signal } from "@preact/signals";

export interface Named {
  name: string;
}

const compare = new Intl.Collator("en", { numeric: true }).compare;

export class LiveObjects<T extends Named> {
  private readonly held = new Map<string, Signal<T>>();
  /** In the order of their names; null since some came or went. To sort thousands takes longer than all else that a change does. */
  private ordered: Signal<T>[] | null = null;
  /** Grows when objects came or went, or when something of one changed by which it is found or sorted. */
  readonly shape = signal(0);

  /**
   * @param sortedBy what of an object lists go by; as long as that is the same no list is made anew.
   */
  constructor(private readonly sortedBy: (one: T) => string) {}

  /** Takes in what is said of some objects. */
  put(objects: readonly T[], gone: readonly string[] = []): void {
    batch(() => {
      let shaped = false;
      for (const one of objects) {
        const known = this.held.get(one.name);
        if (known === undefined) {
          this.held.set(one.name, signal(one));
          this.ordered = null;
          shaped = true;
        } else {
          shaped ||= this.sortedBy(known.peek()) !== this.sortedBy(one);
          known.value = one;
        }
      }
      for (const name of gone) {
        if (!this.held.delete(name)) continue;
        this.ordered = null;
        shaped = true;
      }
      if (shaped) this.shape.value++;
    });
  }

  /** Makes these all the objects that there are. */
  replace(objects: readonly T[]): void {
    const names = new Set(objects.map((one) => one.name));
    this.put(
      objects,
      [...this.held.keys()].filter((name) => !names.has(name)),
    );
  }

  /** One object; undefined when there is none. Who calls it in a view is told of changes. */
  get(name: string): T | undefined {
    const found = this.held.get(name);
    if (found === undefined) void this.shape.value;
    return found?.value;
  }

  /** The signal of one object, for what changes often; undefined when there is none. */
  signal(name: string): Signal<T> | undefined {
    return this.held.get(name);
  }

  /** All objects as they are now, by name. Who calls it in a view is told when `shape` changes, and no more often. */
  all(): T[] {
    void this.shape.value;
    this.ordered ??= [...this.held].sort(([one], [other]) => compare(one, other)).map(([, held]) => held);
    return this.ordered.map((one) => one.peek());
  }

  get size(): number {
    return this.held.size;
  }
}
