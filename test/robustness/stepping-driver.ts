import type { Digest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';

/** Runs before each step of a driver that concerns a path; the step waits for it. */
export type BeforeStep = (path: string) => Promise<void>;

/**
 * A driver that stops before each of its steps. It has no immediate calls (`statNow`, `getNow`), so that its user takes
 * the steps that can be stopped.
 */
export function steppingDriver(driver: StorageDriver, before: BeforeStep): StorageDriver {
  const step = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
    await before(path);
    return run();
  };
  return {
    name: driver.name,
    stat: (path) => step(path, () => driver.stat(path)),
    get: (path, limit) => step(path, () => driver.get(path, limit)),
    open: (path) => step(path, () => driver.open(path)),
    put: (path, content, options) => step(path, () => driver.put(path, content, options)),
    writer: (path, options) => step(path, () => driver.writer(path, options)),
    move: (source, target, options) => step(source, () => driver.move(source, target, options)),
    delete: (path) => step(path, () => driver.delete(path)),
    touch: (path) => step(path, () => driver.touch(path)),
    list: (path, options) => step(path, () => driver.list(path, options)),
  };
}

/** Does something once for each of several digests: for the first before the first step that concerns it, and so on. */
export function atSuccessiveSteps(digests: readonly Digest[], act: (digest: Digest) => Promise<void>): BeforeStep {
  const left = new Map(digests.map((digest, index) => [digest, index]));
  return async (path) => {
    for (const [digest, steps] of left) {
      const [, hex = ''] = digest.split(':');
      if (!path.includes(hex)) continue;
      if (steps > 0) {
        left.set(digest, steps - 1);
      } else {
        left.delete(digest);
        await act(digest);
      }
    }
  };
}
