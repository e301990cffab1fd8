/** Which tab of a browser holds the connection. Over HTTP/1.1 a browser opens six to a host: with one for each tab the seventh would hang. */

/** Calls `lead` while this tab is the one that holds the connection. It ends when its signal is aborted; when it ends by itself, another tab leads. */
export function elect(lead: (signal: AbortSignal) => Promise<void>): void {
  if (navigator.locks) void electByLock(lead);
  else electByTurns(lead);
}

async function electByLock(lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  // The lock is free again when the tab is closed, or crashes, or nobody knows any more who looks at it.
  await navigator.locks.request("fleet-stream", () => lead(new AbortController().signal));
}

const TURN_MS = 2_000;
const TURNS_MISSED = 4;
const WHO = "fleet-stream-leader";

/** Without https, browsers give no locks to pages of other machines. Two tabs may lead for a moment, which costs a connection and no more. */
function electByTurns(lead: (signal: AbortSignal) => Promise<void>): void {
  const own = Math.random().toString(36).slice(2);
  let leading: AbortController | null = null;
  const turn = (): void => {
    const [leader, at] = (localStorage.getItem(WHO) ?? "").split(" ");
    const isFree = !leader || Date.now() - Number(at) > TURN_MS * TURNS_MISSED || Number(at) > Date.now() + TURN_MS;
    if (leader === own || isFree) {
      localStorage.setItem(WHO, `${own} ${Date.now()}`);
      if (leading === null) {
        leading = new AbortController();
        const { signal } = leading;
        void lead(signal).then(() => {
          if (signal.aborted) return;
          clearInterval(timer);
          give();
        });
      }
    } else if (leading !== null) {
      leading.abort();
      leading = null;
    }
  };
  const timer = setInterval(turn, TURN_MS);
  const give = (): void => {
    if (leading !== null) localStorage.removeItem(WHO);
  };
  turn();
  addEventListener("pagehide", give);
}
