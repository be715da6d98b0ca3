import type { Admission } from '@longshore/apiserver';
import { allOf } from './all-of.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { podServiceAccount } from './pod-service-account.js';

/** What the embedded cluster has to say about each write. `images`: what images may be run, and by which names. */
export function clusterAdmission(images: Admission): Admission {
  return allOf([namespaceLifecycle, podServiceAccount, images]);
}
