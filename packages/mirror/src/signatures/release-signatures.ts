import type { Digest } from '@longshore/oci';
import type { HttpOptions } from '../http/fetch-bytes.js';
import { componentManifests, type Release } from '../release/read-release.js';
import { Keyring } from './keyring.js';
import { urlStore, type SignatureStore } from './signature-store.js';
import { SignatureError } from './signature-error.js';
import { checkStore, findVerifierConfig } from './verifier-config.js';
import { verifyRelease } from './verify-release.js';

export interface ReleaseSignaturesOptions extends HttpOptions {
  /** Keyrings by name, in place of those that the release itself names. */
  keys: ReadonlyMap<string, Uint8Array>;
  /** URLs, in place of the stores that the release itself names. */
  storeUrls: readonly string[];
  /** Signatures that are at hand, tried beside the stores. */
  stores: readonly SignatureStore[];
  now: Date;
  /** Lines for people: what is odd about what the release says of its signatures. */
  onNote: (note: string) => void;
}

/**
 * The signatures that vouch for a release, by given keys or by its own (mirror.md 1.2, 1.6). Own keys tell only that the release is
 * what its maker signed with them: whoever makes a release of his own names keys of his own. Errors: SignatureError.
 */
export async function releaseSignatures(release: Release, options: ReleaseSignaturesOptions): Promise<Uint8Array[]> {
  const { keys, storeUrls, stores } = options;
  const needsOwn = keys.size === 0 || (storeUrls.length === 0 && stores.length === 0);
  const own = needsOwn ? findVerifierConfig(componentManifests(release)) : undefined;
  if (needsOwn && own === undefined) {
    throw new SignatureError('CONFIG', 'the release does not say who signs it; name a key and a store of signatures');
  }
  for (const warning of own?.warnings ?? []) options.onNote(`warning: ${warning}`);
  const keyrings: Keyring[] = [];
  for (const [name, bytes] of keys.size > 0 ? keys : (own?.keys ?? [])) keyrings.push(await Keyring.read(name, bytes));
  const named = storeUrls.map((url) => checkStore(url, 'the store of signatures'));
  const urls = named.length > 0 || stores.length > 0 ? named : (own?.stores ?? []);
  const all = [...stores, ...urls.map(urlStore)];
  return verifyRelease(signedDigest(release), { ...options, keyrings, stores: all });
}

/** What is signed: a release for several platforms by the digest of its list. */
export function signedDigest({ image }: Release): Digest {
  return image.listDigest ?? image.digest;
}
