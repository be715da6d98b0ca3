import type { CopyPlan, StoreLimits } from '@longshore/distribution';
import { diskRoom, lackOfRoom } from './disk-room.js';
import { MirrorError } from './mirror-error.js';

/**
 * A registry that takes nothing is told of before anything is read; otherwise what goes elsewhere would be copied in vain. Errors:
 * those of the targets, the signal's reason.
 */
export async function checkAccess(
  { repositories }: CopyPlan,
  { limits, signal }: { limits: StoreLimits; signal: AbortSignal },
): Promise<void> {
  // Each ends by itself, so that no upload stays begun.
  const asked = await Promise.allSettled(
    repositories.map(({ target }) => limits.run([target.store], signal, async () => target.checkAccess?.({ signal }))),
  );
  for (const answer of asked) if (answer.status === 'rejected') throw answer.reason;
}

/** A disk that will be full, or cannot hold so large a file, is told of before it is. Errors: MirrorError NO_SPACE. */
export async function checkSpace({ blobs }: CopyPlan): Promise<void> {
  const files = new Map<string, number[]>();
  const archives = new Set<string>();
  for (const { blob, uploads } of blobs) {
    for (const target of uploads) {
      if (!target.isLocal) continue;
      const sizes = files.get(target.store) ?? [];
      files.set(target.store, sizes);
      sizes.push(blob.size);
      if (target.complete !== undefined) archives.add(target.store);
    }
  }
  for (const [store, sizes] of files) {
    const written = archives.has(store) ? [sizes.reduce((sum, size) => sum + size, 0)] : sizes;
    const lack = lackOfRoom(store, written, await diskRoom(store));
    if (lack !== undefined) throw new MirrorError('NO_SPACE', lack);
  }
}
