import type { Entry } from '../store.js';

export interface ChangedKey {
  key: Buffer;
  revision: number;
}

/**
 * The entries as they were at a revision: what changed behind it is replaced by what was there before (`before`, undefined when
 * nothing was). Walks over the current entries and all known changes side by side, both in the order of keys and then
 * revisions, so that a page costs what lies between its first key and its last.
 */
export function* undoChanges(
  current: Iterable<Entry>,
  changes: Iterable<ChangedKey>,
  revision: number,
  before: (change: number) => Entry | undefined,
): Generator<Entry> {
  const walk = changes[Symbol.iterator]();
  let change = walk.next();
  let undone: Buffer | undefined;

  function* undoUpTo(key?: Buffer): Generator<Entry> {
    for (; change.done !== true; change = walk.next()) {
      const changed = change.value;
      if (key !== undefined && Buffer.compare(changed.key, key) > 0) return;
      if (changed.revision <= revision || undone?.equals(changed.key) === true) continue;
      undone = changed.key;
      const entry = before(changed.revision);
      if (entry !== undefined) yield entry;
    }
  }

  for (const entry of current) {
    const key = Buffer.from(entry.key);
    yield* undoUpTo(key);
    if (undone?.equals(key) !== true) yield entry;
  }
  yield* undoUpTo();
}
