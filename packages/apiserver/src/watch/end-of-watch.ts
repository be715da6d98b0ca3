/** What timers take. */
const MAX_MS = 2 ** 31 - 1;

/** A signal for the end of a watch: by one of the others, or when the time is over. `clear` is for when it has ended. */
export function endOfWatch(
  others: readonly AbortSignal[],
  seconds: number,
): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const end = () => controller.abort(new Error('the watch has ended'));
  const timer = setTimeout(end, Math.min(seconds * 1000, MAX_MS));
  for (const other of others) {
    other.addEventListener('abort', end);
    if (other.aborted) end();
  }
  const clear = () => {
    clearTimeout(timer);
    for (const other of others) other.removeEventListener('abort', end);
  };
  return { signal: controller.signal, clear };
}
