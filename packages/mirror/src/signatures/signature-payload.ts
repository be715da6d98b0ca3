import { isDigest, parseStrictJson, type Digest } from '@longshore/oci';
import { isObject } from '../release/json-object.js';
import { SignatureError } from './signature-error.js';

/** What a release signature says (mirror.md 1.6). */
export interface SignaturePayload {
  digest: Digest;
  reference: string;
}

const TYPE = 'atomic container signature';
const LARGEST_DEPTH = 20;

/**
 * Reads the signed JSON and compares it with the digest that is asked for. Unknown fields are refused but in `optional`. Errors:
 * SignatureError INVALID, OTHER_DIGEST.
 */
export function checkSignaturePayload(bytes: Uint8Array, wanted: Digest): SignaturePayload {
  const { critical, optional, ...others } = objectOf(parse(bytes), 'the signed content');
  refuseOthers(others);
  if (optional !== undefined && optional !== null) objectOf(optional, 'optional');
  const { type, image, identity, ...moreCritical } = objectOf(critical, 'critical');
  const { 'docker-manifest-digest': digest, ...moreImage } = objectOf(image, 'critical.image');
  const { 'docker-reference': reference, ...moreIdentity } = objectOf(identity, 'critical.identity');
  for (const rest of [moreCritical, moreImage, moreIdentity]) refuseOthers(rest);
  if (type !== TYPE) throw invalid('it is no signature of an image');
  if (typeof reference !== 'string' || reference === '') throw invalid('it names no image');
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid('it names no digest');
  if (digest === wanted) return { digest, reference };
  throw new SignatureError('OTHER_DIGEST', `the signature is of ${digest}, not of ${wanted}`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes, { maxDepth: LARGEST_DEPTH });
  } catch (error) {
    throw new SignatureError('INVALID', `the signed content cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw invalid(`${place} is no object`);
}

function refuseOthers(rest: Record<string, unknown>): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(`it has the unknown field ${JSON.stringify(unknown.slice(0, 100))}`);
}

function invalid(words: string): SignatureError {
  return new SignatureError('INVALID', `the signature cannot be used: ${words}`);
}
