import type { Clock } from '../clock.js';
import type { RemoteError } from '../remote-error.js';

/** An attempt failed with `error`, and another one may succeed. */
export class Retryable extends Error {
  override readonly name = 'Retryable';

  constructor(readonly error: RemoteError) {
    super(error.message, { cause: error });
  }
}

const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;
const LONGEST_ASKED_WAIT = 30_000;

export interface RetryOptions {
  attempts: number;
  clock: Clock;
  signal: AbortSignal;
  /** Who is told to wait longer hears of it instead. Default 30 000. */
  longestWaitMs?: number | undefined;
}

/**
 * Runs an operation up to `attempts` times while it throws Retryable, with waits that double, at random between half and
 * the whole, or as long as the server asked. Errors: the RemoteError of the last attempt; all others at once.
 */
export async function retrying<T>(
  operation: () => Promise<T>,
  { attempts, clock, signal, longestWaitMs = LONGEST_ASKED_WAIT }: RetryOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (failure) {
      if (!(failure instanceof Retryable)) throw failure;
      const wait = waitBefore(attempt, failure.error.retryAfterSeconds, clock.random());
      if (attempt >= attempts || wait > longestWaitMs) throw failure.error;
      await clock.sleep(wait, signal);
    }
  }
}

/** Milliseconds to wait after the given attempt (from 1). */
export function waitBefore(attempt: number, askedSeconds: number | undefined, random: number): number {
  const whole = Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT);
  const jittered = whole / 2 + (whole / 2) * random;
  // All who were told the same time would come back at the same time.
  return askedSeconds === undefined ? jittered : askedSeconds * 1000 + jittered;
}
