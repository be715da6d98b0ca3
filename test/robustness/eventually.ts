import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 20;

/**
 * Looks again and again until `look` returns something other than undefined, and returns that.
 * Errors: Error when `bound` milliseconds pass first.
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined, bound = 20_000) {
  for (const end = Date.now() + bound; ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${bound} ms`);
    await delay(LOOK_AGAIN_MS);
  }
}
