import type { Config } from '../config/config.js';
import type { Failure } from '../failure.js';
import { backendsOf } from '../storage/backend.js';

const CONFIG = 'configs.imageregistry.operator.openshift.io/cluster';
const patch = (spec: object) => `kubectl patch ${CONFIG} --type merge -p '${JSON.stringify({ spec })}'`;

/** What a user can do now so that the registry becomes what they want (operator.md 8, row 7). */
export function nextSteps({ spec }: Config, failure: Failure | undefined, steps: readonly string[]): string[] {
  const { managementState = '', storage } = spec;
  if (failure?.permanent === 'InvalidConfig') return [`mend the specification: kubectl edit ${CONFIG}`, ...steps];
  if (managementState === 'Removed') {
    const backends = Array.isArray(storage) ? [] : backendsOf(storage);
    const run = `to run the registry: ${patch({ managementState: 'Managed' })}`;
    if (backends.length > 0) return [run, ...steps];
    return [`say where images are to be kept: ${patch({ storage: { pvc: { claim: '' } } })}`, run, ...steps];
  }
  if (managementState === '' || managementState === 'Force') {
    return [
      `nothing is done while managementState is ${managementState || 'empty'}: ${patch({ managementState: 'Managed' })}`,
      ...steps,
    ];
  }
  return [...steps];
}
