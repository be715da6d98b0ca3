import type { Config } from '../config/config.js';
import { NAMESPACE, PRUNER, RESOURCES } from '../names.js';
import type { Snapshot } from '../snapshot.js';
import { BACKEND_NAMES, backendsOf, unitOf } from '../storage/backend.js';

/** What the cluster is like, for metrics (operator.md 6.3). */
export interface Facts {
  /** The storage that was applied last: its kind, such as `S3`, and which one it is. */
  storage?: { kind: string; unit: string };
  pruner: 'missing' | 'suspended' | 'enabled';
}

export function factsOf(config: Config | undefined, snapshot: Snapshot): Facts {
  const applied = config?.status?.storage;
  const [backend] = backendsOf(applied);
  const unit = unitOf(applied);
  const cronJob = snapshot.find(RESOURCES.cronJobs, PRUNER, NAMESPACE);
  const isSuspended = (cronJob?.['spec'] as { suspend?: boolean } | undefined)?.suspend === true;
  return {
    ...(backend !== undefined && unit !== undefined && { storage: { kind: BACKEND_NAMES[backend], unit } }),
    pruner: cronJob === undefined ? 'missing' : isSuspended ? 'suspended' : 'enabled',
  };
}
