import { setTimeout as sleep } from 'node:timers/promises';
import { behindPrefix } from '../key-range.js';
import { checkWrites } from '../limits.js';
import {
  StoreError,
  type Change,
  type Entry,
  type Key,
  type ListOptions,
  type Page,
  type Store,
  type Write,
} from '../store.js';
import { changesIn, compacted, WholeCommits } from './changes.js';
import { Compactor } from './compactor.js';
import { Gateway, type GatewayOptions } from './gateway.js';
import {
  decodeEntry,
  encode,
  revisionOf,
  type RangeResponse,
  type TxnResponse,
  type WatchResponse,
} from './messages.js';
import { entriesOf, transactionOf } from './transaction.js';

export interface EtcdStoreOptions extends GatewayOptions {
  /** What all keys in etcd begin with: `/longshore`; before the slash with which each key of the store begins. */
  prefix: string;
  /**
   * Milliseconds after which history is compacted, for the whole of etcd, as a Kubernetes API server does it: default five
   * minutes. 0: never, for an etcd that has other users or compacts by itself.
   */
  compactAfter?: number;
}

const FIVE_MINUTES = 5 * 60_000;
/** Entries that are asked for at once. */
const MOST_IN_RANGE = 1_000;
const RECONNECT_MILLISECONDS = [0, 100, 500, 1_000, 2_000, 5_000];

/**
 * A store in etcd v3 (3.4 or later). The revision of an entry is its `mod_revision`, that of the store etcd's own. Reads are
 * linearizable. A write that fails with `FULL` may have been done: etcd tells so of the one that fills it up. Errors:
 * StoreError `UNAVAILABLE` when etcd cannot be reached or refuses the user.
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  for (const endpoint of options.endpoints) {
    if (!/^https?:\/\//.test(endpoint))
      throw new RangeError(`${endpoint}: an endpoint begins with http:// or https://`);
  }
  const store = new EtcdStore(new Gateway(options), options);
  try {
    await store.revision();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class EtcdStore implements Store {
  private readonly closing = new AbortController();
  private readonly compactor: Compactor;
  private readonly prefix: string;

  constructor(
    private readonly gateway: Gateway,
    { prefix, compactAfter = FIVE_MINUTES }: EtcdStoreOptions,
  ) {
    this.prefix = prefix;
    this.compactor = new Compactor(this, compactAfter);
  }

  async revision(): Promise<number> {
    const { header } = await this.range({ key: encode(this.prefix), count_only: true });
    return revisionOf(header);
  }

  async get(key: Key): Promise<Entry | undefined> {
    const { kvs = [] } = await this.range({ key: encode(this.prefix + key) });
    return kvs[0] && decodeEntry(this.prefix, kvs[0]);
  }

  async list({ prefix, after, limit = Infinity, revision }: ListOptions): Promise<Page> {
    const entries: Entry[] = [];
    let at = revision;
    for (let last = after; ; last = entries.at(-1)?.key) {
      const wanted = Math.min(limit - entries.length, MOST_IN_RANGE);
      const asOf = at === undefined ? {} : { revision: String(at) };
      const answer = await this.range({ ...this.keysOf(prefix, last), limit: wanted, ...asOf });
      at ??= revisionOf(answer.header);
      for (const kv of answer.kvs ?? []) entries.push(decodeEntry(this.prefix, kv));
      const more = answer.more === true;
      if (more && entries.length < limit) continue;
      const remaining = Number(answer.count ?? 0) - (answer.kvs?.length ?? 0);
      return { entries, revision: at, more, ...(more && { remaining }) };
    }
  }

  async count(prefix: string): Promise<number> {
    const { count = '0' } = await this.range({ ...this.keysOf(prefix), count_only: true });
    return Number(count);
  }

  create(key: Key, value: Buffer): Promise<Entry> {
    return this.write({ type: 'create', key, value });
  }

  update(key: Key, value: Buffer, revision: number): Promise<Entry> {
    return this.write({ type: 'update', key, value, revision });
  }

  delete(key: Key, revision: number): Promise<Entry> {
    return this.write({ type: 'delete', key, revision });
  }

  async commit(writes: readonly Write[]): Promise<Entry[]> {
    checkWrites(writes);
    const answer = await this.call<TxnResponse>('/v3/kv/txn', transactionOf(writes, this.prefix));
    return entriesOf(writes, answer, this.prefix);
  }

  async *watch(
    prefix: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<{ changes: Change[]; revision: number }> {
    let position = after;
    for (let failures = 0; !signal.aborted; failures++) {
      const pause = RECONNECT_MILLISECONDS[Math.min(failures, RECONNECT_MILLISECONDS.length - 1)];
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      try {
        for await (const told of this.connect(position, signal)) {
          failures = 0;
          position = told.revision;
          yield { changes: told.changes.filter(({ entry }) => entry.key.startsWith(prefix)), revision: position };
          if (signal.aborted) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof StoreError) || error.code !== 'UNAVAILABLE') throw error;
      }
    }
  }

  async compact(revision: number): Promise<void> {
    try {
      await this.call('/v3/kv/compaction', { revision: String(revision) });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === 'COMPACTED') return;
      throw error.code === 'FUTURE_REVISION' ? await this.explained(error) : error;
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.compactor.stop();
    await this.gateway.close();
  }

  /**
   * One watch of etcd, of all keys, so that it hears of every revision of this store. The first message after a reconnection
   * comes from where the last one stopped.
   */
  private async *connect(position: number, signal: AbortSignal): ReturnType<EtcdStore['watch']> {
    this.checkOpen();
    const request = { ...this.keysOf(''), start_revision: String(position + 1), prev_kv: true };
    const message = { create_request: { ...request, progress_notify: true, fragment: true } };
    const commits = new WholeCommits();
    for await (const response of this.gateway.stream<WatchResponse>('/v3/watch', message, signal)) {
      const told = changesIn(commits.take(response), this.prefix);
      if (told !== undefined && told.revision > position) yield told;
    }
  }

  private async range(message: object): Promise<RangeResponse> {
    try {
      return await this.call<RangeResponse>('/v3/kv/range', message);
    } catch (error) {
      throw await this.explained(error);
    }
  }

  private async write(write: Write): Promise<Entry> {
    const [entry] = await this.commit([write]);
    return entry as Entry;
  }

  private async call<T>(path: string, message: object): Promise<T> {
    this.checkOpen();
    return this.gateway.call<T>(path, message);
  }

  /** The error with the revision that can be asked for instead. */
  private async explained(error: unknown): Promise<unknown> {
    if (!(error instanceof StoreError)) return error;
    if (error.code === 'FUTURE_REVISION') {
      return new StoreError('FUTURE_REVISION', error.message, await this.revision(), { cause: error });
    }
    return error.code === 'COMPACTED' ? compacted(await this.oldest()) : error;
  }

  /** Only a watch of what is compacted is told how much is. */
  private async oldest(): Promise<number> {
    const ending = new AbortController();
    try {
      for await (const told of this.connect(0, ending.signal)) {
        if (told.changes.length > 0) return told.revision;
      }
    } catch (error) {
      if (error instanceof StoreError && error.revision !== undefined) return error.revision;
      throw error;
    } finally {
      ending.abort();
    }
    throw new StoreError('UNAVAILABLE', 'etcd did not tell what it has compacted');
  }

  private keysOf(prefix: string, after?: Key): { key: string; range_end: string } {
    // Every key begins with a slash; so a neighbour whose prefix is longer by some letters is not seen.
    const first = Buffer.from(this.prefix + (prefix === '' ? '/' : prefix));
    const behind = Buffer.from(after === undefined ? '' : `${this.prefix}${after}\0`);
    const start = Buffer.compare(behind, first) > 0 ? behind : first;
    return { key: encode(start), range_end: encode(behindPrefix(first) ?? Buffer.alloc(1)) };
  }

  private checkOpen(): void {
    if (this.closing.signal.aborted) throw new StoreError('CLOSED', 'the store is closed');
  }
}
