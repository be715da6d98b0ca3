import { isDigest, type Digest } from '@longshore/oci';
import { objectOf, parseJsonObject, textsOf } from '../release/json-object.js';
import { SignatureError } from './signature-error.js';

const LABEL = 'release.openshift.io/verification-signatures';
const KEY = /^(sha256|sha512)-([0-9a-f]+)(?:-\d+)?$/;
const LARGEST = 4 * 1024 * 1024;

/** The ConfigMap that tells a cluster that a release is signed, as one line (mirror.md 1.6). */
export function signatureConfigMap(digest: Digest, signatures: readonly Uint8Array[]): string {
  const name = digest.replace(':', '-');
  const entries = signatures.map((bytes, index) => [`${name}-${index + 1}`, Buffer.from(bytes).toString('base64')]);
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name, namespace: 'openshift-config-managed', labels: { [LABEL]: '' } },
    binaryData: Object.fromEntries(entries) as Record<string, string>,
  };
  return `${JSON.stringify(object)}\n`;
}

/** `signature-sha256-<first 16 digits>.json` */
export function signatureFileName(digest: Digest): string {
  const [algorithm, hex = ''] = digest.split(':');
  return `signature-${algorithm}-${hex.slice(0, 16)}.json`;
}

/** The signatures of a ConfigMap, by what they are of. Errors: SignatureError INVALID. */
export function parseSignatureConfigMap(bytes: Uint8Array, file: string): Map<Digest, Uint8Array[]> {
  if (bytes.byteLength > LARGEST) throw new SignatureError('INVALID', `${file}: is too large`);
  let object: Record<string, unknown>;
  try {
    object = parseJsonObject(bytes, file);
  } catch (error) {
    throw new SignatureError('INVALID', (error as Error).message, { cause: error });
  }
  const labels = objectOf(objectOf(object['metadata'])['labels']);
  if (object['kind'] !== 'ConfigMap' || !Object.hasOwn(labels, LABEL)) {
    throw new SignatureError('INVALID', `${file}: is no ConfigMap with the label ${LABEL}`);
  }
  const found = new Map<Digest, Uint8Array[]>();
  for (const [key, text] of Object.entries(textsOf(object['binaryData']))) {
    const digest = key.replace(KEY, '$1:$2');
    if (!isDigest(digest)) continue;
    found.set(digest, [...(found.get(digest) ?? []), Buffer.from(text, 'base64')]);
  }
  return found;
}
