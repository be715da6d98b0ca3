import type { Digest } from '@longshore/oci';
import type { HttpOptions } from '../http/fetch-bytes.js';
import type { Keyring } from './keyring.js';
import type { SignatureStore } from './signature-store.js';
import { SignatureError } from './signature-error.js';

export interface VerifyOptions extends HttpOptions {
  /** Each must have signed. */
  keyrings: readonly Keyring[];
  stores: readonly SignatureStore[];
  now: Date;
}

/**
 * Verifies that each keyring has signed a digest, and returns the signatures that say so (mirror.md 1.6). Stores are asked at the
 * same time. Errors: SignatureError, which tells of each signature and store why it does not help.
 */
export async function verifyRelease(digest: Digest, options: VerifyOptions): Promise<Uint8Array[]> {
  const { keyrings, stores, now } = options;
  if (keyrings.length === 0) throw new SignatureError('CONFIG', 'there is no public key to verify with');
  if (stores.length === 0) throw new SignatureError('CONFIG', 'there is no store of signatures to ask');
  const open = new Set(keyrings);
  const good = new Set<Uint8Array>();
  const problems: SignatureError[] = [];
  const ask = async (store: SignatureStore) => {
    try {
      for await (const signature of store(digest, options)) {
        for (const keyring of open) {
          try {
            await keyring.check(signature, digest, now);
            open.delete(keyring);
            good.add(signature);
          } catch (error) {
            problems.push(known(error));
          }
        }
        if (open.size === 0) return;
      }
    } catch (error) {
      options.signal.throwIfAborted();
      problems.push(known(error));
    }
  };
  await Promise.all(stores.map(ask));
  if (open.size === 0) return [...good];
  const names = [...open].map(({ name }) => name).join(', ');
  const why =
    problems.length === 0
      ? 'no store has a signature of it'
      : [...new Set(problems.map(({ message }) => message))].join('; ');
  // The gravest first: a bad signature is another matter than a store that does not answer.
  const code = GRAVEST.find((one) => problems.some((problem) => problem.code === one)) ?? 'UNAVAILABLE';
  throw new SignatureError(code, `${digest} is not verified by ${names}: ${why}`, { cause: problems[0] });
}

const GRAVEST = ['BAD', 'OTHER_DIGEST', 'EXPIRED', 'INVALID', 'UNAVAILABLE'] as const;

function known(error: unknown): SignatureError {
  if (error instanceof SignatureError) return error;
  throw error;
}
