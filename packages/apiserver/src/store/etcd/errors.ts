import { StoreError } from '../store.js';
import type { ErrorResponse } from './messages.js';

/** gRPC codes of etcd's answers. */
const UNAUTHENTICATED = 16;

/** etcd tells apart errors of one gRPC code by their text only (etcd api/v3rpc/rpctypes/error.go). */
const KNOWN: readonly [text: string, code: 'COMPACTED' | 'FUTURE_REVISION' | 'FULL' | 'TOO_LARGE'][] = [
  ['required revision has been compacted', 'COMPACTED'],
  ['required revision is a future revision', 'FUTURE_REVISION'],
  ['database space exceeded', 'FULL'],
  ['request is too large', 'TOO_LARGE'],
];

/** An answer of etcd that is no success, as the error of a store: `UNAVAILABLE` when it is none of those that tell more. */
export function storeErrorOf({ error, code }: ErrorResponse): StoreError {
  const known = KNOWN.find(([text]) => error.includes(text));
  return new StoreError(known?.[1] ?? 'UNAVAILABLE', `etcd answered: ${error} (code ${code})`);
}

/** Whether a token has run out, or was never there. etcd 3.4 answers the first as `invalid auth token`. */
export function needsLogin({ error, code }: ErrorResponse): boolean {
  return code === UNAUTHENTICATED || error.includes('invalid auth token');
}
