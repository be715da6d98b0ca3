import type { KubeObject } from '@longshore/kube';
import type { Entry, Store, Write } from '../store/store.js';

/** An object as it was stored; on a dry run, as it would have been. */
export interface Written {
  object: KubeObject;
  /** Undefined on a dry run. */
  entry?: Entry;
}

/**
 * A write that hooks, validation and admission have let through: what to tell the store, and what to do with its answer; or
 * how it ends when there is nothing to store.
 */
export type PreparedWrite = { write: Write; finish(entry: Entry): Written } | { written: Written };

/** Stores all of the writes or none. Errors: StoreError, as for `Store.commit`. */
export async function storePrepared(store: Store, prepared: readonly PreparedWrite[]): Promise<Written[]> {
  const writes = prepared.flatMap((each) => ('write' in each ? [each.write] : []));
  const entries = writes.length > 0 ? await store.commit(writes) : [];
  return prepared.map((each) => ('write' in each ? each.finish(entries.shift() as Entry) : each.written));
}

/** As {@link storePrepared}, of a single write. */
export async function storeOne(store: Store, prepared: PreparedWrite): Promise<Written> {
  const [written] = await storePrepared(store, [prepared]);
  return written as Written;
}
