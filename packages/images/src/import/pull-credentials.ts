import { readFile } from 'node:fs/promises';
import {
  DockerConfigError,
  dockerSecretEntries,
  isDockerSecret,
  matchCredentials,
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

/** Whether a secret may be used to pull for its namespace (registry.md 3.7): it has credentials and is not kept out. */
export function isPullSecret(secret: Secret): boolean {
  return isDockerSecret(secret) && secret.metadata.annotations?.[IMAGE_ANNOTATIONS.excludeSecret] !== 'true';
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
  const own = items.filter(isPullSecret).flatMap((secret) => readable(() => dockerSecretEntries(secret)));
  return (repository) => [...matchCredentials(own, repository), ...matchCredentials(node, repository)];
}

/** Those of the node alone, for what belongs to no namespace. Errors: those of the cluster. */
export async function nodeCredentials(
  cluster: ClusterObjects,
  nodePullSecret: NodePullSecret,
): Promise<(repository: RepositoryName) => Credential[]> {
  const node = await readNodePullSecret(cluster, nodePullSecret);
  return (repository) => matchCredentials(node, repository);
}

async function readNodePullSecret(cluster: ClusterObjects, where: NodePullSecret): Promise<readonly CredentialEntry[]> {
  if ('file' in where) {
    const text = await readIfThere(where.file);
    return readable(() => parseDockerConfig(text).entries);
  }
  const secret = await cluster.get<Secret>('secrets', where.namespace, where.name);
  return secret === undefined ? [] : readable(() => dockerSecretEntries(secret));
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  }
}

function readable(read: () => readonly CredentialEntry[]): readonly CredentialEntry[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof DockerConfigError) return [];
    throw error;
  }
}
