import assert from 'node:assert/strict';
import { StoreError, type Change, type ListOptions, type Store, type StoreErrorCode } from '../store.js';

/** An empty store for one test. */
export interface StoreUnderTest {
  store: Store;
  /** Closes the store and opens another on the same data. */
  reopen: () => Promise<Store>;
  /** Closes what is open and removes the data. */
  end: () => Promise<void>;
}

/** One promise of `Store` and how to see that it is kept. `check` gets an empty store. */
export interface Behaviour {
  behaviour: string;
  check: (store: Store, subject: StoreUnderTest) => Promise<void>;
}

export const bytes = (text: string): Buffer => Buffer.from(text);

export async function assertFails(code: StoreErrorCode, operation: () => Promise<unknown>): Promise<StoreError> {
  const error = await operation().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StoreError, `a StoreError ${code} was expected, not ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** `key=value` of the entries, in their order. */
export async function listTexts(store: Store, options: Partial<ListOptions> = {}): Promise<string[]> {
  const { entries } = await store.list({ prefix: '/', ...options });
  return entries.map(({ key, value }) => `${key}=${value.toString()}`);
}

export async function putAll(store: Store, keys: readonly string[]): Promise<void> {
  for (const key of keys) await store.create(key, bytes(key));
}

/** Changes behind `after`, until the store has told that it has reached `until`. */
export async function changesUntil(
  store: Store,
  { prefix = '/', after, until }: { prefix?: string; after: number; until: number },
): Promise<Change[]> {
  const changes: Change[] = [];
  if (after >= until) return changes;
  const ending = new AbortController();
  for await (const batch of store.watch(prefix, after, ending.signal)) {
    changes.push(...batch.changes);
    if (batch.revision >= until) ending.abort();
  }
  return changes;
}

/** `put key=value (was previous)`, without the revisions, which differ between stores. */
export function describeChange(change: Change): string {
  const { key, value } = change.entry;
  const was = change.type === 'put' && change.previous ? ` (was ${change.previous.value.toString()})` : '';
  return `${change.type} ${key}=${value.toString()}${was}`;
}
