import { isDigest, type Digest } from '@longshore/oci';
import { parse as parseYaml, stringify } from 'yaml';
import { isObject, objectOf, textsOf } from '../release/json-object.js';
import { SignatureError } from './signature-error.js';

const LABEL = 'release.openshift.io/verification-signatures';
const KEY = /^(sha256|sha512)-([0-9a-f]+)(?:-\d+)?$/;
export const LARGEST_SIGNATURE_FILE = 4 * 1024 * 1024;

/** Of the file; clusters take both (mirror.md 1.6). */
export type SignatureFileFormat = 'json' | 'yaml';

/** The ConfigMap that tells a cluster that a release is signed; as JSON one line (mirror.md 1.6). */
export function signatureConfigMap(
  digest: Digest,
  signatures: readonly Uint8Array[],
  format: SignatureFileFormat = 'json',
): string {
  const name = digest.replace(':', '-');
  const entries = signatures.map((bytes, index) => [`${name}-${index + 1}`, Buffer.from(bytes).toString('base64')]);
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name, namespace: 'openshift-config-managed', labels: { [LABEL]: '' } },
    binaryData: Object.fromEntries(entries) as Record<string, string>,
  };
  return format === 'json' ? `${JSON.stringify(object)}\n` : stringify(object, { lineWidth: 0 });
}

/** `signature-sha256-<first 16 digits>.json` */
export function signatureFileName(digest: Digest, format: SignatureFileFormat = 'json'): string {
  const [algorithm, hex = ''] = digest.split(':');
  return `signature-${algorithm}-${hex.slice(0, 16)}.${format}`;
}

/** The signatures of a ConfigMap in JSON or YAML, by what they are of. Errors: SignatureError INVALID. */
export function parseSignatureConfigMap(bytes: Uint8Array, file: string): Map<Digest, Uint8Array[]> {
  if (bytes.byteLength > LARGEST_SIGNATURE_FILE) throw new SignatureError('INVALID', `${file}: is too large`);
  const object = parseObject(bytes, file);
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

function parseObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseYaml(Buffer.from(bytes).toString(), { maxAliasCount: 0 });
  } catch (error) {
    const [why = ''] = (error as Error).message.split('\n');
    throw new SignatureError('INVALID', `${file}: is neither JSON nor YAML: ${why}`, { cause: error });
  }
  if (isObject(value)) return value;
  throw new SignatureError('INVALID', `${file}: is no object`);
}
