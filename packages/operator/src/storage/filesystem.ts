import { driverEnv, driverName, type PodStorage } from './pod-storage.js';

const FOLDER = '/registry';

/** A folder: of a claim, or of the pod itself (operator.md 5.8). */
export function filesystemStorage(
  source: { emptyDir: object } | { persistentVolumeClaim: { claimName: string } },
): PodStorage {
  return {
    env: [driverName('filesystem'), ...driverEnv('FILESYSTEM', [['ROOTDIRECTORY', FOLDER]])],
    volumes: [{ name: 'registry-storage', ...source }],
    mounts: [{ name: 'registry-storage', mountPath: FOLDER }],
    secret: {},
  };
}
