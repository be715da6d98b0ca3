import type { ObjectAccess } from '@longshore/apiserver';
import type { Pod } from '../../kinds/pods/pod.js';
import { JOBS, type Job } from './job.js';
import { ignoreMissing } from './pod-control.js';
import { controlledBy } from './pod-template.js';

/** Deletes a job with its pods, which deletion alone would leave: that is the default of jobs. Not there: nothing. */
export async function deleteJob(job: Job, objects: ObjectAccess): Promise<void> {
  const { namespace = '', name = '' } = job.metadata;
  for (const pod of controlledBy(job, (await objects.list<Pod>('pods', namespace)).items)) {
    await objects.delete('pods', namespace, pod.metadata.name ?? '').catch(ignoreMissing);
  }
  await objects.delete(JOBS, namespace, name).catch(ignoreMissing);
}
