import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../json.js';
import { KubeconfigError } from './kubeconfig-error.js';

/** `clusters[].cluster`, `users[].user` and `contexts[].context` by name; paths of files are absolute. */
export interface Kubeconfig {
  clusters: ReadonlyMap<string, Entry>;
  users: ReadonlyMap<string, Entry>;
  contexts: ReadonlyMap<string, Entry>;
  currentContext: string | undefined;
}

/** A named part of a kubeconfig, and where it comes from. */
export interface Entry {
  file: string;
  name: string;
  fields: JsonObject;
}

const MAX_BYTES = 10 * 1024 * 1024;
const FILE_FIELDS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/** The files that count: `path`, else those of `KUBECONFIG`, else `~/.kube/config`. */
export function kubeconfigPaths(path: string | undefined, env: NodeJS.ProcessEnv = process.env): string[] {
  if (path !== undefined) return [path];
  const fromEnv = (env['KUBECONFIG'] ?? '').split(delimiter).filter((part) => part !== '');
  return fromEnv.length > 0 ? fromEnv : [join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

/** Reads the files as one: what stands in the first counts. Missing files are left out, as long as there is one. */
export async function readKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const parts: Kubeconfig[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new KubeconfigError(`${path} cannot be read: ${error.code ?? 'unknown error'}`, { cause: error });
    });
    if (text !== undefined) parts.push(parseKubeconfig(text, resolve(path)));
  }
  if (parts.length === 0) throw new KubeconfigError(`there is no kubeconfig at ${paths.join(' or ')}`);
  const merge = (key: 'clusters' | 'users' | 'contexts') =>
    new Map(parts.toReversed().flatMap((part) => [...part[key]]));
  return {
    clusters: merge('clusters'),
    users: merge('users'),
    contexts: merge('contexts'),
    currentContext: parts.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
  };
}

/** Reads the text of one file; relative paths in it are those of its folder. Errors: {@link KubeconfigError}. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  if (text.length > MAX_BYTES) throw new KubeconfigError(`${file} is longer than ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch {
    // The parser's own message shows the line, which may be a credential.
    throw new KubeconfigError(`${file} is no YAML`);
  }
  if (!isJsonObject(value)) throw new KubeconfigError(`${file}: expected clusters, users and contexts`);
  const current = value['current-context'];
  return {
    clusters: entriesOf(value['clusters'], file, 'cluster'),
    users: entriesOf(value['users'], file, 'user'),
    contexts: entriesOf(value['contexts'], file, 'context'),
    currentContext: typeof current === 'string' && current !== '' ? current : undefined,
  };
}

function entriesOf(list: unknown, file: string, key: 'cluster' | 'user' | 'context'): Map<string, Entry> {
  if (list === undefined || list === null) return new Map();
  const malformed = (index: number | string) =>
    new KubeconfigError(`${file}: ${key}s[${index}] must have name and ${key}`);
  if (!Array.isArray(list)) throw new KubeconfigError(`${file}: ${key}s must be a list`);
  const entries = new Map<string, Entry>();
  for (const [index, item] of list.entries()) {
    if (!isJsonObject(item) || typeof item['name'] !== 'string') throw malformed(index);
    const fields = item[key] ?? {};
    if (!isJsonObject(fields)) throw malformed(index);
    const { name } = item;
    if (!entries.has(name)) entries.set(name, { file, name, fields: withAbsolutePaths(fields, dirname(file)) });
  }
  return entries;
}

function withAbsolutePaths(fields: JsonObject, folder: string): JsonObject {
  const absolute = { ...fields };
  for (const name of FILE_FIELDS) {
    const path = absolute[name];
    if (typeof path === 'string' && path !== '') absolute[name] = resolve(folder, path);
  }
  return absolute;
}
