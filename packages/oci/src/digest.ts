import { createHash } from 'node:crypto';
import { quote } from './quote.js';

export type DigestAlgorithm = 'sha256' | 'sha512';

/** A checked content address such as `sha256:e3b0…` (reference registry 1.1). */
export type Digest = string & { readonly __brand: 'Digest' };

/** What is wrong with a digest, in the words that distribution's clients know. */
export type DigestFault =
  'invalid checksum digest format' | 'invalid checksum digest length' | 'unsupported digest algorithm';

/** A text is not a digest that we can verify. */
export class DigestError extends Error {
  override readonly name = 'DigestError';
  readonly code = 'DIGEST_INVALID';

  constructor(
    readonly reason: DigestFault,
    text: string,
  ) {
    super(`${quote(text)}: ${reason}; expected sha256: and 64 lower-case hexadecimal digits, or sha512: and 128`);
  }
}

const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };
const LONGEST_ALGORITHM = 64;
const ALGORITHM = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*$/;
const ENCODED = /^[a-zA-Z0-9=_-]+$/;
const LOWER_HEX = /^[0-9a-f]+$/;

/**
 * Reads a digest. sha256 and sha512 are supported, each with its full length in lower-case hexadecimal digits.
 *
 * @throws {DigestError}
 */
export function parseDigest(text: string): Digest {
  const fault = findFault(text);
  if (fault !== undefined) throw new DigestError(fault, text);
  return text as Digest;
}

/** True when `parseDigest` would accept the text. */
export function isDigest(text: string): text is Digest {
  return findFault(text) === undefined;
}

/** The part before the colon. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The part behind the colon, lower-case hexadecimal digits. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** Hashes bytes that are all in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/**
 * Joins an algorithm and its hexadecimal digits.
 *
 * @throws {DigestError}
 */
export function makeDigest(algorithm: DigestAlgorithm, hex: string): Digest {
  return parseDigest(`${algorithm}:${hex}`);
}

function findFault(text: string): DigestFault | undefined {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  const encoded = text.slice(colon + 1);
  if (!isSupported(algorithm)) {
    const wellFormed = algorithm.length <= LONGEST_ALGORITHM && ALGORITHM.test(algorithm) && ENCODED.test(encoded);
    return wellFormed ? 'unsupported digest algorithm' : 'invalid checksum digest format';
  }
  if (encoded === '') return 'invalid checksum digest format';
  if (encoded.length !== HEX_LENGTH[algorithm]) return 'invalid checksum digest length';
  return LOWER_HEX.test(encoded) ? undefined : 'invalid checksum digest format';
}

function isSupported(algorithm: string): algorithm is DigestAlgorithm {
  return Object.hasOwn(HEX_LENGTH, algorithm);
}
