import { parseAllDocuments } from 'yaml';
import { isObject, objectOf, textsOf } from '../release/json-object.js';
import { SignatureError } from './signature-error.js';

/** What a release says of who vouches for releases (mirror.md 1.6). */
export interface VerifierConfig {
  /** Keyrings by name; each must have signed. */
  keys: Map<string, Buffer>;
  stores: string[];
  warnings: string[];
}

const ANNOTATION = 'release.openshift.io/verification-config-map';
const [KEY_PREFIX, STORE_PREFIX] = ['verifier-public-key-', 'store-'];

/**
 * Finds the first ConfigMap of a release that says how releases are verified; undefined when there is none. Errors: SignatureError
 * CONFIG for one without keys or without stores.
 */
export function findVerifierConfig(manifests: ReadonlyMap<string, Buffer>): VerifierConfig | undefined {
  for (const [name, bytes] of manifests) {
    if (!bytes.includes(ANNOTATION)) continue;
    const documents = parseAllDocuments(bytes.toString());
    for (const document of 'empty' in documents ? [] : documents) {
      if (document.errors.length > 0) continue;
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (isVerifierConfig(value)) return readVerifierConfig(value, name);
    }
  }
  return undefined;
}

function isVerifierConfig(value: unknown): value is Record<string, unknown> {
  if (!isObject(value) || value['kind'] !== 'ConfigMap') return false;
  return Object.hasOwn(objectOf(objectOf(value['metadata'])['annotations']), ANNOTATION);
}

function readVerifierConfig(object: Record<string, unknown>, name: string): VerifierConfig {
  const config: VerifierConfig = { keys: new Map(), stores: [], warnings: [] };
  const binary = Object.entries(textsOf(object['binaryData'])).map(
    ([key, text]) => [key, Buffer.from(text, 'base64')] as const,
  );
  const texts = Object.entries(textsOf(object['data'])).map(([key, text]) => [key, Buffer.from(text)] as const);
  for (const [key, value] of [...texts, ...binary]) {
    if (key.startsWith(KEY_PREFIX)) config.keys.set(key, value);
    else if (key.startsWith(STORE_PREFIX)) config.stores.push(checkStore(value.toString().trim(), name));
    else config.warnings.push(`${name}: the key ${key} is not known`);
  }
  if (config.keys.size === 0) throw new SignatureError('CONFIG', `${name}: names no public key`);
  if (config.stores.length === 0) throw new SignatureError('CONFIG', `${name}: names no store of signatures`);
  return config;
}

/** A URL of http, https or file. Errors: SignatureError CONFIG. */
export function checkStore(text: string, name: string): string {
  const { protocol } = URL.canParse(text) ? new URL(text) : { protocol: '' };
  if (['http:', 'https:', 'file:'].includes(protocol)) return text;
  throw new SignatureError('CONFIG', `${name}: ${JSON.stringify(text.slice(0, 200))} is no URL of http, https or file`);
}
