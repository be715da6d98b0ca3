import type { KubeObject } from '@longshore/kube';
import type { ResourceDefinition, WriteContext } from './definition.js';

/** A write on its way into the store. */
export interface AdmissionRequest extends WriteContext {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  definition: ResourceDefinition;
  /** Empty, `status`, `scale`, `finalize`, or the name of one of the definition's own. */
  subresource: string;
  namespace: string;
  /** Empty while a name is still to be generated. */
  name: string;
  /** Undefined for deletions. */
  object?: KubeObject;
  /** Undefined for creations. */
  old?: KubeObject;
  /** Tells the writer something in a Warning header. */
  warn(text: string): void;
}

/** What the assembly has to say about each write, beyond the single kinds: namespaces that end, quotas, escalation. */
export interface Admission {
  /** Before the object is checked; may change it in place. Errors: ApiError refuses the write. */
  mutate?(request: AdmissionRequest): void | Promise<void>;
  /** When the object is as it will be stored. Errors: ApiError refuses the write. */
  validate?(request: AdmissionRequest): void | Promise<void>;
}
