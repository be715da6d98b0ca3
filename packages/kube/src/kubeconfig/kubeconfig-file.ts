import { open, readFile, realpath, rm, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { KubeconfigError } from './kubeconfig-error.js';
import { parseKubeconfig } from './kubeconfig.js';
import { writePrivateFile } from './private-file.js';

/** A context with its cluster and user, as a login leaves them. Fields of the three are those of a kubeconfig. */
export interface ContextEntries {
  name: string;
  namespace: string;
  cluster: { name: string; fields: Record<string, unknown> };
  user: { name: string; fields: Record<string, unknown> };
}

const LISTS = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;

/**
 * Writes a context into a kubeconfig and makes it the current one; everything else in the file stays, comments too. The file
 * is made when it is not there. Errors: {@link KubeconfigError}, also when another program is writing it.
 */
export async function writeContext(path: string, { name, namespace, cluster, user }: ContextEntries): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await locked(path, async () => {
    const file = await realpath(path).catch(() => path);
    const document = await readDocument(file);
    put(document, 'clusters', cluster.name, cluster.fields);
    put(document, 'users', user.name, user.fields);
    put(document, 'contexts', name, { cluster: cluster.name, user: user.name, namespace });
    document.set('current-context', name);
    await writePrivateFile(file, document.toString({ lineWidth: 0 }));
  });
}

async function readDocument(file: string): Promise<Document> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new KubeconfigError(`${file} cannot be read: ${error.code ?? 'unknown error'}`, { cause: error });
  });
  parseKubeconfig(text, file);
  const document = parseDocument(text);
  if (isMap(document.contents)) return document;
  return new Document({ apiVersion: 'v1', kind: 'Config', preferences: {} });
}

/** Replaces the fields of a named entry of a list, or adds one. */
function put(document: Document, list: keyof typeof LISTS, name: string, fields: Record<string, unknown>): void {
  if (!isSeq(document.get(list))) document.set(list, document.createNode([]));
  const entries = document.get(list) as YAMLSeq<YAMLMap>;
  const known = entries.items.find((entry) => isMap(entry) && entry.get('name') === name);
  if (known !== undefined) known.set(LISTS[list], document.createNode(fields));
  else entries.add(document.createNode({ name, [LISTS[list]]: fields }));
}

/** With the lock file that kubectl and oc know. */
async function locked(path: string, work: () => Promise<void>): Promise<void> {
  const lock = `${path}.lock`;
  const file = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EEXIST' ? `${lock} is there: another program writes it, or was killed while it did` : '';
    throw new KubeconfigError(why || `${lock} cannot be made: ${error.code ?? 'unknown error'}`, { cause: error });
  });
  try {
    await file.close();
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}
