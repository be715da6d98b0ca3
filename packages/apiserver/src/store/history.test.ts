import { rmSync } from 'node:fs';
import { startEtcd, temporaryFolder } from '@longshore/testkit';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { changesUntil } from './conformance/behaviour.js';
import { openEtcdStore } from './etcd/etcd-store.js';
import { openLmdbStore } from './lmdb/lmdb-store.js';
import type { Change, Entry, Store } from './store.js';

/** What a store should have been at each of its revisions. */
type States = Map<number, ReadonlyMap<string, Entry>>;

const KEYS = ['/a', '/a/', '/a/1', '/a/1/2', '/a/2', '/a0', '/b/1', '/b/ä'];
const operation = fc.record({
  key: fc.constantFrom(...KEYS),
  deletes: fc.boolean(),
  value: fc.string({ unit: 'grapheme', maxLength: 8 }),
});

async function play(store: Store, operations: { key: string; deletes: boolean; value: string }[]): Promise<States> {
  let state = new Map<string, Entry>();
  const states: States = new Map([[await store.revision(), state]]);
  for (const { key, deletes, value } of operations) {
    const before = state.get(key);
    state = new Map(state);
    let entry: Entry;
    if (before === undefined) state.set(key, (entry = await store.create(key, Buffer.from(value))));
    else if (!deletes) state.set(key, (entry = await store.update(key, Buffer.from(value), before.revision)));
    else {
      entry = await store.delete(key, before.revision);
      state.delete(key);
    }
    states.set(entry.revision, state);
  }
  return states;
}

const inOrder = (state: ReadonlyMap<string, Entry>, prefix: string) =>
  [...state.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));

async function listInPages(store: Store, prefix: string, revision: number, limit: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let after: string | undefined; ; after = entries.at(-1)?.key) {
    const page = await store.list({ prefix, revision, limit, ...(after !== undefined && { after }) });
    entries.push(...page.entries);
    if (!page.more) return entries;
  }
}

/** The state after the changes; each must tell what it replaced. */
function apply(state: ReadonlyMap<string, Entry>, changes: Change[]): Map<string, Entry> {
  const result = new Map(state);
  for (const change of changes) {
    const { key, value, revision } = change.entry;
    const before = result.get(key);
    if (change.type === 'put') {
      expect(change.previous).toEqual(before);
      result.set(key, change.entry);
    } else {
      expect(value).toEqual(before?.value);
      expect(revision).toBeGreaterThan(before?.revision ?? 0);
      result.delete(key);
    }
  }
  return result;
}

/** A new, empty store with each call; the one before is closed. */
type Opener = () => Promise<Store>;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const openers: Record<string, () => Promise<Opener>> = {
  async lmdb() {
    const path = temporaryFolder('lmdb');
    return async () => {
      rmSync(path, { recursive: true });
      return openLmdbStore({ path });
    };
  },
  async etcd() {
    const etcd = await startEtcd();
    ends.push(() => etcd.stop());
    let prefixes = 0;
    return async () => openEtcdStore({ endpoints: [etcd.url], prefix: `/${prefixes++}`, compactAfter: 0 });
  },
};

it.each(Object.entries(openers))(
  '%s shows each of its states in lists, and watches lead from any of them to the last one',
  async (_name, makeOpener) => {
    const open = await makeOpener();
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 30 }),
        fc.constantFrom('', '/', '/a/', '/b'),
        fc.integer({ min: 1, max: 4 }),
        async (operations, prefix, limit) => {
          const store = await open();
          const states = await play(store, operations);
          const until = await store.revision();
          const last = inOrder(states.get(until) ?? new Map(), prefix);
          for (const [revision, state] of states) {
            expect(await listInPages(store, prefix, revision, limit)).toEqual(inOrder(state, prefix));
            const changes = await changesUntil(store, { prefix, after: revision, until });
            const start = new Map(inOrder(state, prefix).map((entry) => [entry.key, entry]));
            expect(inOrder(apply(start, changes), prefix)).toEqual(last);
          }
          await store.close();
        },
      ),
      { numRuns: 30 },
    );
  },
);
