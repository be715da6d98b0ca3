/** The promise, or the signal's reason when that comes first. What the promise waits for goes on. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Whether a signal is aborted by now: the compiler does not see that it changes while one waits. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
