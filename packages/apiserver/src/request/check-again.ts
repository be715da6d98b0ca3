import { hasReason } from '@longshore/kube';
import type { Exchange } from './exchange.js';

const EVERY_MS = 60_000;

/**
 * Ends a long request once its user may no longer make it: `check` rejects with `Unauthorized` or `Forbidden`. What else
 * fails is tried again. Returns what to call when the request is over.
 */
export function checkAgain(exchange: Exchange, check: () => Promise<void>, everyMs = EVERY_MS): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const wait = () => {
    if (!isOver) timer = setTimeout(run, everyMs);
  };
  const run = () => {
    check().then(wait, (error: unknown) => {
      if (hasReason(error, 'Unauthorized') || hasReason(error, 'Forbidden')) exchange.cancel(error);
      else wait();
    });
  };
  wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
