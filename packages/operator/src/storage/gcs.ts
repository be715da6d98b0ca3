import { PRIVATE_CONFIGURATION } from '../names.js';
import { driverEnv, driverName, type PodStorage } from './pod-storage.js';

export interface GcsFacts {
  /** JSON of a service account, or of a workload identity. */
  keyfile: string;
}

const KEY = 'REGISTRY_STORAGE_GCS_KEYFILE';
const FOLDER = '/gcs';

/** Google Cloud Storage (operator.md 5.4). */
export function gcsStorage({ bucket = '' }: { bucket?: string }, { keyfile }: GcsFacts): PodStorage {
  const name = 'registry-storage-keyfile';
  const items = [{ key: KEY, path: 'keyfile' }];
  return {
    env: [
      driverName('gcs'),
      ...driverEnv('GCS', [
        ['BUCKET', bucket],
        ['KEYFILE', `${FOLDER}/keyfile`],
      ]),
    ],
    volumes: [{ name, secret: { secretName: PRIVATE_CONFIGURATION, optional: false, items } }],
    mounts: [{ name, mountPath: FOLDER }],
    secret: { [KEY]: keyfile },
  };
}
