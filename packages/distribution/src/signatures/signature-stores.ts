import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { comparableHost, normalizeRepository, type RepositoryName } from '../repository-name.js';

/** Where signatures of images are kept, as files below `registries.d` tell. */
export interface SignatureStores {
  /** URLs of stores by what they are for: `quay.io/team/app`, `quay.io/team`, `quay.io`, `*.example.com`. */
  stores: ReadonlyMap<string, string>;
  /** For all others. */
  fallback?: string;
}

/** A file of `registries.d` cannot be used. The message names file and field. */
export class SignatureStoresError extends Error {
  override readonly name = 'SignatureStoresError';
  readonly code = 'INVALID';
}

const MOST_FILES = 1000;
const LARGEST_FILE = 1024 * 1024;
const SYSTEM_FOLDER = '/etc/containers/registries.d';

/** The folder that counts for who has this environment: the user's own where there is one, else the system's (containers-registries.d(5)). */
export async function signatureStoresFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const own = join(env['HOME'] || '/', '.config', 'containers', 'registries.d');
  const isThere = await stat(own).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isThere ? own : SYSTEM_FOLDER;
}

/** Reads the `*.yaml` of a folder; one that is not there is empty. Errors: SignatureStoresError, those of the file system. */
export async function readSignatureStores(folder: string): Promise<SignatureStores> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.yaml')).sort();
  if (files.length > MOST_FILES) throw new SignatureStoresError(`${folder}: has more than ${MOST_FILES} files`);
  const texts: { name: string; text: string }[] = [];
  for (const name of files) texts.push({ name: join(folder, name), text: await readText(join(folder, name)) });
  return parseSignatureStores(texts);
}

async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    if ((await file.stat()).size > LARGEST_FILE) {
      throw new SignatureStoresError(`${path}: has more than ${LARGEST_FILE} bytes`);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Reads files of `registries.d`. What only matters to who writes signatures is not looked at.
 *
 * @throws {SignatureStoresError}
 */
export function parseSignatureStores(files: readonly { name: string; text: string }[]): SignatureStores {
  const stores = new Map<string, string>();
  let fallback: { url: string | undefined } | undefined;
  for (const { name, text } of files) {
    const content = objectAt(parseYaml(text, name) ?? {}, name);
    const byDefault = content['default-docker'];
    if (byDefault !== undefined) {
      if (fallback !== undefined) throw new SignatureStoresError(`${name}: default-docker is set by another file, too`);
      fallback = { url: storeAt(byDefault, `${name}: default-docker`) };
    }
    for (const [scope, value] of Object.entries(objectAt(content['docker'] ?? {}, `${name}: docker`))) {
      const place = `${name}: docker.${scope}`;
      const key = scopeKey(scope);
      if (stores.has(key)) throw new SignatureStoresError(`${place} is set by another file, too`);
      stores.set(key, storeAt(value, place) ?? '');
    }
  }
  return { stores, ...(fallback?.url !== undefined && { fallback: fallback.url }) };
}

function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch (cause) {
    throw new SignatureStoresError(`${name}: ${(cause as Error).message}`, { cause });
  }
}

/** The URL of the store for a repository: that of the most specific scope that names one, else the fallback. */
export function signatureStoreOf(
  repository: RepositoryName,
  { stores, fallback }: SignatureStores,
): string | undefined {
  return (
    scopesOf(repository)
      .map((scope) => stores.get(scope))
      .find(Boolean) ?? fallback
  );
}

/** The repository, all that holds it, its host, and the domains above it. */
function scopesOf(repository: RepositoryName): string[] {
  const { host, name } = normalizeRepository(repository);
  const parts = [comparableHost(host), ...name.split('/')];
  const places = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const labels = comparableHost(host).split('.');
  return [...places, ...labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)];
}

function scopeKey(scope: string): string {
  const [host = '', ...path] = scope.split('/');
  return [comparableHost(host), ...path].join('/');
}

/** `sigstore` is what `lookaside` was called before. */
function storeAt(value: unknown, place: string): string | undefined {
  const { lookaside, sigstore } = objectAt(value, place);
  const url = lookaside ?? sigstore;
  if (url === undefined || url === '') return undefined;
  const { protocol } = typeof url === 'string' && URL.canParse(url) ? new URL(url) : { protocol: '' };
  if (typeof url === 'string' && ['http:', 'https:', 'file:'].includes(protocol)) return url;
  throw new SignatureStoresError(`${place}.lookaside: expected a URL of http, https or file`);
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SignatureStoresError(`${place}: expected a mapping`);
}
