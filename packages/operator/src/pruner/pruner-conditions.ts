import type { Condition, KubeObject } from '@longshore/kube';
import { NAMESPACE, PRUNER, RESOURCES } from '../names.js';
import type { Snapshot } from '../snapshot.js';
import type { NewCondition } from '../storage/decide-storage.js';
import { JOB_LABELS } from './pruner-objects.js';

interface Job extends KubeObject {
  status?: { conditions?: Condition[] };
}

interface CronJob extends KubeObject {
  spec: { suspend?: boolean };
}

/** So many runs must fail, one after another, before the operator is degraded (operator.md 8, row 1). */
const FAILURES = 3;

export interface PrunerParts {
  snapshot: Snapshot;
  /** Whether runs prune the registry's content, too, and why not. */
  registry: { isPruned: boolean; reason: string; message: string };
  /** What went wrong when its objects were written. */
  problem?: string | undefined;
}

/** Conditions of the ImagePruner (operator.md 2). */
export function prunerConditions({ snapshot, registry, problem }: PrunerParts): NewCondition[] {
  const cronJob = snapshot.find<CronJob>(RESOURCES.cronJobs, PRUNER, NAMESPACE);
  const failures = consecutiveFailures(snapshot);
  const [latest] = failures;
  return [
    cronJob === undefined
      ? condition('Available', false, 'Error', 'Pruner CronJob does not exist')
      : condition('Available', true, 'AsExpected', 'Pruner CronJob has been created'),
    cronJob?.spec.suspend === true
      ? condition('Scheduled', false, 'Suspended', 'The pruner job has been suspended')
      : condition('Scheduled', true, 'Scheduled', 'The pruner job has been scheduled'),
    latest === undefined
      ? condition('Failed', false, 'Complete', 'Pruner completed successfully')
      : condition('Failed', true, latest.reason, latest.message),
    degraded(failures, problem),
    condition('RegistryPruned', registry.isPruned, registry.reason, registry.message),
  ];
}

function degraded(failures: Condition[], problem: string | undefined): NewCondition {
  if (problem !== undefined) return condition('Degraded', true, 'SyncError', `Error: ${problem}`);
  if (failures.length < FAILURES) return condition('Degraded', false, 'AsExpected', '');
  return condition('Degraded', true, 'JobFailed', failures[0]?.message ?? '');
}

function condition(type: string, isTrue: boolean, reason: string, message: string): NewCondition {
  return { type, status: isTrue ? 'True' : 'False', reason, message };
}

/** The failures of the newest runs up to the last success, newest first. */
function consecutiveFailures(snapshot: Snapshot): Condition[] {
  const [label, value] = Object.entries(JOB_LABELS)[0] ?? ['', ''];
  const ended = snapshot
    .list<Job>(RESOURCES.jobs, NAMESPACE)
    .filter(({ metadata, status }) => metadata.labels?.[label] === value && (status?.conditions?.length ?? 0) > 0)
    .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
  const failed = ended.map(({ status }) =>
    status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True'),
  );
  const firstSuccess = failed.indexOf(undefined);
  return failed.slice(0, firstSuccess === -1 ? undefined : firstSuccess).filter((one) => one !== undefined);
}
