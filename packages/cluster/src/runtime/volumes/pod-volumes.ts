import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectAccess } from '@longshore/apiserver';
import type {
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  HostPathVolumeSource,
  SecretProjection,
  Volume,
  VolumeProjection,
} from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { podField, resourceField, type Capacity, type PodPlace } from '../agent/pod-fields.js';
import { ContainerConfigError } from '../process/container-config-error.js';
import { checkedPath, keyedFiles, type FileTree } from './file-tree.js';
import { readKeyed } from './pod-objects.js';
import type { PodTokens } from './service-account-token.js';
import { writeTree } from './write-tree.js';

export interface VolumeServices {
  objects: Pick<ObjectAccess, 'get'>;
  tokens: PodTokens;
  capacity: Capacity;
  /** The folder of a claim. Errors: ContainerConfigError while it is not bound to a folder of this machine. */
  claimFolder(namespace: string, claim: string): Promise<string>;
  /** Holds the folders of the host that this process may not make where they belong, or is not to change. */
  hostRoot: string;
  /** Pods may change this machine where they ask for its folders to be made. */
  changesHost: boolean;
}

export interface VolumeFolder {
  path: string;
  readOnly: boolean;
}

const DEFAULT_MODE = 0o644;

/** Where the API and its certificate are told to every container (admission plugin ServiceAccount). */
export const API_ACCESS_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The volume behind {@link API_ACCESS_PATH}. */
export const API_ACCESS: Volume = {
  name: '..api-access',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};

/**
 * Makes the content of a volume what it should be now, below `folder`; asked again when what it comes from may have changed.
 * Errors: ContainerConfigError for what is missing, and for sources that this machine does not have.
 */
export async function settleVolume(
  volume: Volume,
  pod: Pod,
  folder: string,
  place: PodPlace,
  services: VolumeServices,
): Promise<VolumeFolder> {
  const path = join(folder, volume.name);
  if (volume.emptyDir) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    return { path, readOnly: false };
  }
  if (volume.hostPath) return { path: await hostFolder(volume.hostPath, services), readOnly: false };
  if (volume.persistentVolumeClaim) {
    const { claimName, readOnly = false } = volume.persistentVolumeClaim;
    return { path: await services.claimFolder(pod.metadata.namespace ?? '', claimName), readOnly };
  }
  const sources = projections(volume);
  if (sources === undefined) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'none';
    throw new ContainerConfigError(`volume ${volume.name}: the local runtime has no volumes of type ${kind}`);
  }
  const tree: FileTree = new Map();
  for (const source of sources.list) {
    for (const [file, content] of await projectedFiles(source, sources.mode, pod, place, services))
      tree.set(file, content);
  }
  await writeTree(path, tree);
  return { path, readOnly: true };
}

/** Config maps, secrets and the downward API are projections of one source. */
function projections(volume: Volume): { mode: number; list: VolumeProjection[] } | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? DEFAULT_MODE;
  if (projected) return { mode, list: projected.sources ?? [] };
  if (configMap) return { mode, list: [{ configMap }] };
  if (secret) {
    const { secretName: name, items, optional } = secret;
    return { mode, list: [{ secret: { name, items, optional } }] };
  }
  return downwardAPI ? { mode, list: [{ downwardAPI }] } : undefined;
}

async function projectedFiles(
  source: VolumeProjection,
  mode: number,
  pod: Pod,
  place: PodPlace,
  services: VolumeServices,
): Promise<FileTree> {
  if (source.configMap) return objectFiles('configMap', source.configMap, mode, pod, services);
  if (source.secret) return objectFiles('secret', source.secret, mode, pod, services);
  if (source.downwardAPI) return fieldFiles(source.downwardAPI.items ?? [], mode, pod, place, services.capacity);
  if (source.serviceAccountToken) {
    const { path, audience, expirationSeconds = 3600 } = source.serviceAccountToken;
    const token = await services.tokens.token(pod, audience, expirationSeconds);
    return new Map([[checkedPath(path), { bytes: Buffer.from(token), mode: 0o600 }]]);
  }
  throw new ContainerConfigError(`the local runtime cannot project ${Object.keys(source).join(', ')}`);
}

async function objectFiles(
  kind: 'configMap' | 'secret',
  { name = '', items, optional = false }: ConfigMapProjection | SecretProjection,
  mode: number,
  { metadata: { namespace = '' } }: Pod,
  { objects }: VolumeServices,
): Promise<FileTree> {
  const data = await readKeyed(objects, kind, namespace, name);
  if (data === undefined && !optional) throw new ContainerConfigError(`${kind.toLowerCase()} "${name}" not found`);
  return keyedFiles(data ?? new Map(), { mode, optional, ...(items && { items }) });
}

function fieldFiles(
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  pod: Pod,
  place: PodPlace,
  capacity: Capacity,
): FileTree {
  const tree: FileTree = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode: own = mode } of items) {
    const container = pod.spec.containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const value = fieldRef
      ? podField(pod, fieldRef.fieldPath, place)
      : container &&
        resourceFieldRef &&
        resourceField(container, resourceFieldRef.resource, resourceFieldRef.divisor, capacity);
    if (value === undefined) throw new ContainerConfigError(`${path}: there is no such field of the pod`);
    tree.set(checkedPath(path), { bytes: Buffer.from(value), mode: own });
  }
  return tree;
}

async function hostFolder(
  { path, type = '' }: HostPathVolumeSource,
  { hostRoot, changesHost }: VolumeServices,
): Promise<string> {
  if (type === 'DirectoryOrCreate') {
    const isMade = changesHost && (await makeFolder(path));
    if (!isMade) {
      const own = join(hostRoot, path);
      await mkdir(own, { recursive: true });
      return own;
    }
  }
  if (type === '') await mkdir(path, { recursive: true }).catch(() => undefined);
  const found = await stat(path).catch(() => undefined);
  const isRight =
    type === '' ||
    (type.startsWith('Directory') ? found?.isDirectory() : type === 'File' ? found?.isFile() : undefined);
  if (isRight === undefined) {
    throw new ContainerConfigError(`hostPath ${path}: type ${type} is not there, or not one of the local runtime`);
  }
  if (!isRight || found === undefined)
    throw new ContainerConfigError(`hostPath type check failed: ${path} is not a ${type}`);
  return path;
}

/** Whether this process may; other errors show where the folder is used. */
async function makeFolder(path: string): Promise<boolean> {
  return mkdir(path, { recursive: true }).then(
    () => true,
    ({ code = '' }: NodeJS.ErrnoException) => !['EACCES', 'EPERM', 'EROFS'].includes(code),
  );
}
