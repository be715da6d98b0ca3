const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
/** A container that ran so long begins anew with short waits. */
const RESET_MS = 600_000;

/** How often a container ended in a row, and when it may start again (kubelet's `MaxContainerBackOff`). */
export interface RestartState {
  /** Ends without a long run between them. */
  ends: number;
}

/** The state after a run of that length, and the wait before the next: none at first, then 10 s, 20 s, up to 5 minutes. */
export function afterRun({ ends }: RestartState, ranMs: number): { state: RestartState; waitMs: number } {
  const before = ranMs >= RESET_MS ? 0 : ends;
  const waitMs = before === 0 ? 0 : Math.min(FIRST_MS * 2 ** Math.min(before - 1, 30), LONGEST_MS);
  return { state: { ends: before + 1 }, waitMs };
}

/** Whether a container that ended starts again. */
export function isRestarted(policy: string | undefined, exitCode: number): boolean {
  return policy === 'Never' ? false : policy === 'OnFailure' ? exitCode !== 0 : true;
}

/** `10s`, `1m20s`, `5m0s`: durations as messages of Kubernetes have them. */
export function formatWait(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** What is said of a container that waits before it starts again: by its state, and by an event (kubelet's `doBackOff`). */
export function backOffMessages(container: string, pod: string, waitMs: number): { state: string; event: string } {
  return {
    state: `back-off ${formatWait(waitMs)} restarting failed container=${container} pod=${pod}`,
    event: `Back-off restarting failed container ${container} in pod ${pod}`,
  };
}
