import type { Descriptor, Platform } from './descriptor.js';
import { DigestError, parseDigest } from './digest.js';
import type { Digest } from './digest.js';
import { ManifestError } from './manifest-error.js';
import { hasMediaTypeShape } from './media-types.js';
import { quote } from './quote.js';

export type JsonObject = Record<string, unknown>;

const LONGEST_LIST = 10_000;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field's own value; undefined when it is absent or null, which some encoders write for "nothing". */
export function fieldOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
}

/** Reads a required list of at most 10 000 descriptors. Errors: ManifestError with the path of the fault. */
export function readDescriptors(value: unknown, path: string): Descriptor[] {
  if (value === undefined) throw new ManifestError(path, 'is missing; expected an array of descriptors');
  if (!Array.isArray(value)) throw new ManifestError(path, `expected an array of descriptors, found ${kindOf(value)}`);
  if (value.length > LONGEST_LIST) {
    throw new ManifestError(path, `has ${value.length} entries; at most ${LONGEST_LIST} are accepted`);
  }
  return value.map((entry: unknown, index) => readDescriptor(entry ?? undefined, `${path}[${index}]`));
}

/** Reads a required descriptor. Errors: ManifestError with the path of the fault. */
export function readDescriptor(value: unknown, path: string): Descriptor {
  if (value === undefined) throw new ManifestError(path, 'is missing; expected a descriptor');
  if (!isJsonObject(value)) throw new ManifestError(path, `expected a descriptor, found ${kindOf(value)}`);
  const descriptor: Descriptor = {
    mediaType: readMediaType(fieldOf(value, 'mediaType'), `${path}.mediaType`),
    digest: readDigest(fieldOf(value, 'digest'), `${path}.digest`),
    size: readSize(fieldOf(value, 'size'), `${path}.size`),
  };
  const urls = readStrings(fieldOf(value, 'urls'), `${path}.urls`);
  const annotations = readAnnotations(fieldOf(value, 'annotations'), `${path}.annotations`);
  const artifactType = readText(fieldOf(value, 'artifactType'), `${path}.artifactType`);
  const platform = readPlatform(fieldOf(value, 'platform'), `${path}.platform`);
  const data = readBase64(fieldOf(value, 'data'), `${path}.data`);
  if (urls !== undefined) descriptor.urls = urls;
  if (annotations !== undefined) descriptor.annotations = annotations;
  if (artifactType !== undefined) descriptor.artifactType = artifactType;
  if (platform !== undefined) descriptor.platform = platform;
  if (data !== undefined) descriptor.data = data;
  return descriptor;
}

/** Reads optional annotations. Errors: ManifestError with the path of the fault. */
export function readAnnotations(value: unknown, path: string): Record<string, string> | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw new ManifestError(path, `expected an object of strings, found ${kindOf(value)}`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new ManifestError(`${path}[${quote(key)}]`, `expected a string, found ${kindOf(text)}`);
    }
  }
  return value as Record<string, string>;
}

/** Reads an optional text. Errors: ManifestError with the path of the fault. */
export function readText(value: unknown, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new ManifestError(path, `expected a string, found ${kindOf(value)}`);
}

/** What a wrong value is, for a message: `the number 3`, `an array`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return `the string ${quote(value)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  return 'an object';
}

function readMediaType(value: unknown, path: string): string {
  const text = requireText(value, path, 'a media type such as "application/vnd.oci.image.config.v1+json"');
  if (hasMediaTypeShape(text)) return text;
  throw new ManifestError(path, `${quote(text)} is not a media type; expected type/subtype as in RFC 6838`);
}

function readDigest(value: unknown, path: string): Digest {
  const text = requireText(value, path, 'a digest such as "sha256:…"');
  try {
    return parseDigest(text);
  } catch (cause) {
    if (!(cause instanceof DigestError)) throw cause;
    throw new ManifestError(path, cause.message, { cause });
  }
}

function readSize(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ManifestError(
    path,
    `expected a whole number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}, found ${kindOf(value)}`,
  );
}

function readBase64(value: unknown, path: string): string | undefined {
  const text = readText(value, path);
  if (text === undefined || (text.length % 4 === 0 && BASE64.test(text))) return text;
  throw new ManifestError(path, 'expected padded base64 (RFC 4648 section 4)');
}

function readStrings(value: unknown, path: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new ManifestError(path, `expected an array of strings, found ${kindOf(value)}`);
  return value.map((entry: unknown, index) => requireText(entry, `${path}[${index}]`, 'a string'));
}

function readPlatform(value: unknown, path: string): Platform | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw new ManifestError(path, `expected an object, found ${kindOf(value)}`);
  const platform: Platform = {
    architecture: requireText(fieldOf(value, 'architecture'), `${path}.architecture`, 'a string such as "amd64"'),
    os: requireText(fieldOf(value, 'os'), `${path}.os`, 'a string such as "linux"'),
  };
  for (const key of ['os.version', 'variant'] as const) {
    const text = readText(fieldOf(value, key), `${path}[${quote(key)}]`);
    if (text !== undefined) platform[key] = text;
  }
  for (const key of ['os.features', 'features'] as const) {
    const texts = readStrings(fieldOf(value, key), `${path}[${quote(key)}]`);
    if (texts !== undefined) platform[key] = texts;
  }
  return platform;
}

function requireText(value: unknown, path: string, expected: string): string {
  if (typeof value === 'string') return value;
  throw new ManifestError(path, `expected ${expected}, found ${kindOf(value)}`);
}
