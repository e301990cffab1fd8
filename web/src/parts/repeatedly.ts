/** Work that is asked for more often than it is done. */

/** Does something when it is told to, one after another, with a pause between, and never while nobody looks at the page. */
export function repeatedly(work: () => Promise<void>, pauseMs: number) {
  let [isAsked, isBusy, isStopped] = [false, false, false];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  const turn = async (): Promise<void> => {
    timer = null;
    [isAsked, isBusy] = [false, true];
    await work();
    last = Date.now();
    isBusy = false;
    if (isAsked) soon();
  };
  const soon = (): void => {
    isAsked = true;
    if (isStopped || isBusy || timer !== null || globalThis.document?.hidden) return;
    timer = setTimeout(() => void turn(), Math.max(0, last + pauseMs - Date.now()));
  };
  return {
    soon,
    shown: (): void => {
      if (isAsked) soon();
    },
    stop: (): void => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
