import { refusalOf } from '../refusal.js';
import { StoreError, type Entry, type Key, type Write } from '../store.js';
import { decodeEntry, encode, revisionOf, type TxnOperationResponse, type TxnResponse } from './messages.js';

/** The writes as a transaction of etcd: all of them if all comparisons hold; else the keys are read. */
export function transactionOf(writes: readonly Write[], prefix: string): object {
  const keys = writes.map(({ key }) => encode(prefix + key));
  return {
    compare: writes.map((write, at) => ({ key: keys[at], ...comparison(write) })),
    success: writes.map((write, at) => operation(write, keys[at] as string)),
    failure: keys.map((key) => ({ request_range: { key } })),
  };
}

/** What the writes have made. Errors: StoreError `EXISTS`, `CONFLICT`. */
export function entriesOf(
  writes: readonly Write[],
  { header, succeeded, responses = [] }: TxnResponse,
  prefix: string,
): Entry[] {
  if (!succeeded) throw refusal(writes, responses);
  return writes.map((write, at) => {
    const value = write.type === 'delete' ? lastValue(write.key, responses[at], prefix) : write.value;
    return { key: write.key, value, revision: revisionOf(header) };
  });
}

/** In etcd an absent key has the revision 0, which would make an update a creation. */
function comparison(write: Write): object {
  if (write.type === 'create') return { target: 'CREATE', create_revision: '0' };
  return { target: 'MOD', mod_revision: String(write.revision > 0 ? write.revision : -1) };
}

function operation(write: Write, key: string): object {
  if (write.type === 'delete') return { request_delete_range: { key, prev_kv: true } };
  return { request_put: { key, value: encode(write.value) } };
}

function refusal(writes: readonly Write[], responses: readonly TxnOperationResponse[]): StoreError {
  for (const [at, write] of writes.entries()) {
    const [found] = responses[at]?.response_range?.kvs ?? [];
    const refusal = refusalOf(write, found && { revision: Number(found.mod_revision) });
    if (refusal !== undefined) return refusal;
  }
  return new StoreError('UNAVAILABLE', 'etcd did not tell why it refused a transaction');
}

function lastValue(key: Key, response: TxnOperationResponse | undefined, prefix: string): Buffer {
  const [last] = response?.response_delete_range?.prev_kvs ?? [];
  if (last === undefined) throw new StoreError('UNAVAILABLE', `etcd did not tell the last value of ${key}`);
  return decodeEntry(prefix, last).value;
}
