import { setMaxListeners } from 'node:events';

/** How long somebody who gives up deals with what a registry has begun for him. */
export const CANCEL_WITHIN_MS = 5000;

/**
 * Asks for something that has to be cancelled once it is begun. The answer says what there is to cancel, so who gives up meanwhile
 * waits for it a little, and looks at the signal himself afterwards. Errors: the signal's reason.
 */
export async function patiently<T>(signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const giveUp = () => (timer = setTimeout(() => patience.abort(signal.reason), CANCEL_WITHIN_MS));
  signal.throwIfAborted();
  // Many may wait with one signal; Node warns of eleven.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await ask(patience.signal);
  } finally {
    signal.removeEventListener('abort', giveUp);
    clearTimeout(timer);
  }
}
