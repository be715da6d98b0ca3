import { mkdir } from 'node:fs/promises';
import type { ObjectAccess } from '@longshore/apiserver';
import { ContainerConfigError } from '../process/container-config-error.js';
import { CLAIMS, VOLUMES } from './claim-objects.js';
import type { Claim, PersistentVolume } from './claim-plan.js';

/** The folder of a claim. Errors: ContainerConfigError while it has none on this machine. */
export async function claimFolder(
  objects: Pick<ObjectAccess, 'get'>,
  namespace: string,
  name: string,
): Promise<string> {
  const claim = await objects.get<Claim>(CLAIMS, namespace, name);
  if (claim === undefined) throw new ContainerConfigError(`persistentvolumeclaim "${name}" not found`);
  const volume = await objects.get<PersistentVolume>(VOLUMES, '', claim.spec.volumeName ?? '');
  if (claim.status?.phase !== 'Bound' || volume === undefined) {
    throw new ContainerConfigError(`persistentvolumeclaim "${name}" is not bound`);
  }
  const path = volume.spec.hostPath?.path ?? volume.spec.local?.path;
  if (path === undefined) throw new ContainerConfigError(`volume ${volume.metadata.name} is no folder of this machine`);
  if (volume.spec.hostPath?.type === 'DirectoryOrCreate') await mkdir(path, { recursive: true });
  return path;
}
