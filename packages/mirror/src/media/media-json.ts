import { basename, dirname } from 'node:path';
import { CopyError, Folder } from '@longshore/distribution';
import type { Blob } from '@longshore/distribution';
import { isDigest, isRepositoryName, isTag, parseStrictJson, type Digest } from '@longshore/oci';

/** An image by name; without a tag by digest alone. What is in no repository has an empty one. */
export interface NamedDigest {
  repository: string;
  tag?: string;
  digest: Digest;
}

const LARGEST = 64 * 1024 * 1024;
const MOST = 1_000_000;
const MOST_VALUES = 8_000_000;
const LONGEST_NAME = 512;

/** A JSON object in a file that comes from anywhere. Errors: CopyError. */
export async function readJsonFile(path: string): Promise<Record<string, unknown>> {
  const bytes = await new Folder(dirname(path)).read(basename(path), LARGEST);
  try {
    return readObject(parseStrictJson(bytes, { maxValues: MOST_VALUES }), 'the file', path);
  } catch (error) {
    if (error instanceof CopyError) throw error;
    throw invalid(path, `is no JSON: ${(error as Error).message}`, error);
  }
}

/** The object, when it says to be what is expected, in a version that is known. */
export function requireKind(value: Record<string, unknown>, kind: string, where: string): Record<string, unknown> {
  if (value['kind'] !== kind) throw invalid(where, `is not a file of the kind ${kind}`);
  if (value['version'] === 1) return value;
  throw invalid(where, 'has a version that this program does not know; use a newer one');
}

export function readObject(value: unknown, field: string, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(where, `${field} is not an object`);
}

export function readList<T>(
  value: unknown,
  field: string,
  where: string,
  read: (one: Record<string, unknown>, field: string) => T,
): T[] {
  if (!Array.isArray(value)) throw invalid(where, `${field} is not a list`);
  if (value.length > MOST) throw new CopyError('TOO_LARGE', `${where}: ${field} has more than ${MOST} entries`);
  return value.map((one: unknown, index) => {
    const place = `${field}[${index}]`;
    return read(readObject(one, place, where), place);
  });
}

export function readText(value: unknown, field: string, where: string): string {
  if (typeof value === 'string' && value.length <= LONGEST_NAME) return value;
  throw invalid(where, `${field} is not a text of at most ${LONGEST_NAME} characters`);
}

export function readSize(value: unknown, field: string, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(where, `${field} is not a size in bytes`);
}

export function readDigest(value: unknown, field: string, where: string): Digest {
  if (typeof value === 'string' && isDigest(value)) return value;
  throw invalid(where, `${field} is not a digest`);
}

/** No digest may stand there twice. */
export function readBlobs(value: unknown, field: string, where: string): Blob[] {
  const blobs = readList(value, field, where, ({ digest, size }, place) => ({
    digest: readDigest(digest, `${place}.digest`, where),
    size: readSize(size, `${place}.size`, where),
  }));
  if (new Set(blobs.map(({ digest }) => digest)).size === blobs.length) return blobs;
  throw invalid(where, `${field} names a digest twice`);
}

export function readMediaReferences(value: unknown, where: string): NamedDigest[] {
  return readList(value, 'images', where, ({ repository: place, tag, digest: text }, field) => {
    const repository = readText(place, `${field}.repository`, where);
    const digest = readDigest(text, `${field}.digest`, where);
    if (repository !== '' && !isRepositoryName(repository)) {
      throw invalid(where, `${field}.repository is no name of a repository`);
    }
    if (tag === undefined) return { repository, digest };
    const name = readText(tag, `${field}.tag`, where);
    // Names of images in layouts need not be tags.
    if (name === '' || (repository !== '' && !isTag(name))) throw invalid(where, `${field}.tag is no tag`);
    return { repository, tag: name, digest };
  });
}

export function invalid(where: string, words: string, cause?: unknown): CopyError {
  return new CopyError('INVALID', `${where}: ${words}`, { cause });
}
