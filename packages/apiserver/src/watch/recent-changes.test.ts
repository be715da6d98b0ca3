import { expect, it } from 'vitest';
import { RecentChanges } from './recent-changes.js';
import { SharedChange } from './shared-change.js';

const change = (key: string, revision: number) =>
  new SharedChange({ type: 'put', entry: { key, value: Buffer.from('value'), revision } });

// In etcd all writes of a commit have one revision.
it.each<[position: number, limit: number, keys: string[], revision: number]>([
  [1, 1, ['/a/1'], 2],
  [2, 1, ['/a/2', '/a/3'], 3],
  [2, 2, ['/a/2', '/a/3'], 3],
  [2, 3, ['/a/2', '/a/3', '/a/4'], 5],
  [3, 1, ['/a/4'], 5],
  [1, 2, ['/a/1', '/a/2', '/a/3'], 3],
  [4, 9, ['/a/4'], 6],
])('behind %i, %i at most: %j, complete up to %i', (position, limit, keys, revision) => {
  const recent = new RecentChanges({ changes: 100, bytes: 10_000 }, 1);
  const changes = [change('/a/1', 2), change('/a/2', 3), change('/b/1', 3), change('/a/3', 3), change('/b/2', 4)];
  recent.add([...changes, change('/a/4', 5), change('/b/3', 6)], 6);
  const found = recent.behind(position, '/a/', limit);
  expect([found.changes.map(({ entry }) => entry.key), found.revision]).toEqual([keys, revision]);
});
