/** What timers take. */
const MAX_MS = 2 ** 31 - 1;

/** A signal for the end of a watch: who watches has left, or the time is over. `clear` is for when it has ended. */
export function endOfWatch(left: AbortSignal | undefined, seconds: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const end = () => controller.abort(new Error('the watch has ended'));
  const timer = setTimeout(end, Math.min(seconds * 1000, MAX_MS));
  left?.addEventListener('abort', end);
  if (left?.aborted) end();
  const clear = () => {
    clearTimeout(timer);
    left?.removeEventListener('abort', end);
  };
  return { signal: controller.signal, clear };
}
