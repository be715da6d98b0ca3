import type { Backend, Storage } from '../config/config.js';
import { BACKEND_FIELDS } from '../names.js';

/** As messages and metrics name them (operator.md 1.2). */
export const BACKEND_NAMES: Readonly<Record<Backend, string>> = {
  emptyDir: 'EmptyDir',
  s3: 'S3',
  swift: 'Swift',
  gcs: 'GCS',
  ibmcos: 'IBMCOS',
  pvc: 'PVC',
  azure: 'Azure',
};

/** The backends that a specification names: one, none, or more than may be. */
export function backendsOf(storage: Storage | undefined): Backend[] {
  return BACKEND_FIELDS.filter((field) => storage?.[field] !== undefined && storage[field] !== null);
}

/** The place where the data is: backend and name of bucket, container or claim. Undefined: nowhere, or not named yet. */
export function unitOf(storage: Storage | undefined): string | undefined {
  const [backend, ...others] = backendsOf(storage);
  if (storage === undefined || backend === undefined || others.length > 0) return undefined;
  if (backend === 'emptyDir') return BACKEND_NAMES.emptyDir;
  const name = unitName(storage, backend);
  return name === undefined || name === '' ? undefined : `${BACKEND_NAMES[backend]} ${name}`;
}

function unitName(storage: Storage, backend: Backend): string | undefined {
  const { pvc, s3, gcs, swift, azure, ibmcos } = storage;
  switch (backend) {
    case 'pvc':
      return pvc?.claim;
    case 's3':
      return s3?.bucket;
    case 'gcs':
      return gcs?.bucket;
    case 'swift':
      return swift?.container;
    case 'azure':
      return azure?.container === undefined ? undefined : `${azure.accountName ?? ''}/${azure.container}`;
    case 'ibmcos':
      return ibmcos?.bucket;
    case 'emptyDir':
      return BACKEND_NAMES.emptyDir;
  }
}
