/** What etcd's JSON gateway answers: protobuf JSON, so 64-bit numbers and bytes (base64) are strings, and zeros left out. */
import type { Entry, Key } from '../store.js';

export interface KeyValue {
  key: string;
  value?: string;
  create_revision?: string;
  mod_revision?: string;
}

export interface Header {
  revision?: string;
}

export interface RangeResponse {
  header: Header;
  kvs?: KeyValue[];
  more?: boolean;
  count?: string;
}

export interface TxnResponse {
  header: Header;
  succeeded?: boolean;
  responses?: TxnOperationResponse[];
}

export interface TxnOperationResponse {
  response_range?: RangeResponse;
  response_delete_range?: { prev_kvs?: KeyValue[] };
}

export interface WatchEvent {
  /** Left out for PUT. */
  type?: 'DELETE';
  kv: KeyValue;
  prev_kv?: KeyValue;
}

export interface WatchResponse {
  header: Header;
  created?: boolean;
  canceled?: boolean;
  cancel_reason?: string;
  compact_revision?: string;
  /** What belongs to the same changes follows in the next response. */
  fragment?: boolean;
  events?: WatchEvent[];
}

export interface ErrorResponse {
  error: string;
  /** Of gRPC. */
  code: number;
}

export const revisionOf = ({ revision = '0' }: Header): number => Number(revision);

export const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64');

/** Keys of a store are those of etcd that begin with a prefix, without it. */
export function decodeKey(prefix: string, key: string): Key {
  return Buffer.from(key, 'base64').toString().slice(prefix.length);
}

export function decodeEntry(prefix: string, { key, value = '', mod_revision = '0' }: KeyValue): Entry {
  return { key: decodeKey(prefix, key), value: Buffer.from(value, 'base64'), revision: Number(mod_revision) };
}
