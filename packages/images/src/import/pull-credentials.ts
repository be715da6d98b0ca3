import { readFile } from 'node:fs/promises';
import {
  DockerConfigError,
  matchCredentials,
  parseDockerCfg,
  parseDockerConfig,
  type Credential,
  type CredentialEntry,
  type RepositoryName,
} from '@longshore/distribution';
import { IMAGE_ANNOTATIONS, type KubeObject } from '@longshore/kube';
import type { ClusterObjects } from '../api/parts.js';

/** Where the pull secret of the whole installation is: a file of the node, or a secret. */
export type NodePullSecret = { file: string } | { namespace: string; name: string };

export const DEFAULT_NODE_PULL_SECRET: NodePullSecret = { file: '/var/lib/kubelet/config.json' };

type Secret = KubeObject & { type?: string; data?: Record<string, string> };

const FORMATS = {
  'kubernetes.io/dockerconfigjson': { key: '.dockerconfigjson', parse: parseDockerConfig },
  'kubernetes.io/dockercfg': { key: '.dockercfg', parse: parseDockerCfg },
} as const;

/** Whether a secret may be used to pull for its namespace (registry.md 3.7): it has credentials and is not kept out. */
export function isPullSecret({ type = '', metadata }: Secret): boolean {
  return Object.hasOwn(FORMATS, type) && metadata.annotations?.[IMAGE_ANNOTATIONS.excludeSecret] !== 'true';
}

/**
 * The credentials with which images are pulled for a namespace: those of its secrets, then those of the node, each the most
 * specific first (registry.md 3.9). What cannot be read counts as empty, so that one spoiled secret stops no import. Errors:
 * those of the cluster.
 */
export async function pullCredentials(
  cluster: ClusterObjects,
  namespace: string,
  nodePullSecret: NodePullSecret,
): Promise<(repository: RepositoryName) => Credential[]> {
  const [{ items }, node] = await Promise.all([
    cluster.list<Secret>('secrets', namespace),
    readNodePullSecret(cluster, nodePullSecret),
  ]);
  const own = items.filter(isPullSecret).flatMap(entriesOf);
  return (repository) => [...matchCredentials(own, repository), ...matchCredentials(node, repository)];
}

async function readNodePullSecret(cluster: ClusterObjects, where: NodePullSecret): Promise<readonly CredentialEntry[]> {
  if ('file' in where) {
    return entriesIn(await readIfThere(where.file), parseDockerConfig);
  }
  const secret = await cluster.get<Secret>('secrets', where.namespace, where.name);
  return secret === undefined ? [] : entriesOf(secret);
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  }
}

function entriesOf({ type = '', data = {} }: Secret): readonly CredentialEntry[] {
  if (!Object.hasOwn(FORMATS, type)) return [];
  const format = FORMATS[type as keyof typeof FORMATS];
  return entriesIn(Buffer.from(data[format.key] ?? '', 'base64').toString(), format.parse);
}

function entriesIn(text: string, parse: typeof parseDockerConfig): readonly CredentialEntry[] {
  try {
    return parse(text).entries;
  } catch (error) {
    if (error instanceof DockerConfigError) return [];
    throw error;
  }
}
