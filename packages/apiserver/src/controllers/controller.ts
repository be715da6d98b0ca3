import { isAborted, WorkQueue, type KubeObject, type WorkResult } from '@longshore/kube';
import type { ObjectAccess } from '../definition.js';

/** A loop that makes the objects of the cluster what they should be. Level-based: it is told where to look, never what happened. */
export interface Controller<Objects = ObjectAccess> {
  name: string;
  /** Resources whose objects it follows, which it does not change, and the keys to look at when one comes, changes or goes. */
  follows: Readonly<Record<string, (object: KubeObject) => readonly string[]>>;
  /** Looks at one key. Throws to look again later; errors `Conflict` are such. */
  reconcile(key: string, objects: Objects, signal: AbortSignal): Promise<WorkResult>;
}

/** What running a controller takes, whatever it does itself. */
export interface Followed {
  shared: Pick<ObjectAccess['shared'], 'list' | 'watch'>;
}

export interface ControllerOptions<Objects = ObjectAccess> {
  objects: Objects;
  signal: AbortSignal;
  /** Hears what went wrong; the controller tries again by itself. */
  onError(error: unknown, controller: string): void;
}

const MAX_BACKOFF_MS = 30_000;
const RELIST_PAUSE_MS = 1000;

/** Runs until the signal is aborted; then waits for what is under way. */
export async function runController<Objects extends Followed>(
  controller: Controller<Objects>,
  options: ControllerOptions<Objects>,
): Promise<void> {
  const { objects, signal } = options;
  const onError = (error: unknown) => options.onError(error, controller.name);
  const queue = new WorkQueue({ maxMs: MAX_BACKOFF_MS, onError });
  const followers = Object.entries(controller.follows).map(([resource, keysOf]) =>
    follow(resource, options, onError, (object) => {
      for (const key of keysOf(object)) queue.add(key);
    }),
  );
  const working = queue.run((key) => controller.reconcile(key, objects, signal), { signal });
  await Promise.all([...followers, working]);
}

/** Tells of each object that is there, and of each that changes, again from the beginning when changes were missed. */
async function follow(
  resource: string,
  { objects, signal }: Pick<ControllerOptions<Followed>, 'objects' | 'signal'>,
  onError: (error: unknown) => void,
  heard: (object: KubeObject) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await objects.shared.list(resource);
      for (const object of items) heard(object);
      for await (const { type, object } of objects.shared.watch(resource, resourceVersion, signal)) {
        if (type !== 'BOOKMARK') heard(object);
      }
    } catch (error) {
      if (isAborted(signal)) return;
      onError(error);
    }
    await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, RELIST_PAUSE_MS);
    signal.addEventListener('abort', end);
  });
}
