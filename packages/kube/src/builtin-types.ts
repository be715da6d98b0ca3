/** Built-in kinds with types of their own, from `kubernetes-types`, as objects that travel. */
import type { Lease as LeaseFields } from 'kubernetes-types/coordination/v1.js';
import type { KubeObject } from './object.js';

export type Lease = KubeObject & Pick<LeaseFields, 'spec'>;
