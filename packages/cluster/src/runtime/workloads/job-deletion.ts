import type { ObjectAccess } from '@longshore/apiserver';
import { hasReason } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import { JOBS, type Job } from './job.js';
import { controlledBy } from './pod-template.js';

/** Deletes a job with its pods, which deletion alone would leave: that is the default of jobs. Not there: nothing. */
export async function deleteJob(job: Job, objects: ObjectAccess): Promise<void> {
  const { namespace = '', name = '' } = job.metadata;
  for (const pod of controlledBy(job, (await objects.list<Pod>('pods', namespace)).items)) {
    await objects.delete('pods', namespace, pod.metadata.name ?? '').catch(ignoreMissing);
  }
  await objects.delete(JOBS, namespace, name).catch(ignoreMissing);
}

/** For what may be gone already. */
export function ignoreMissing(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
