import type { KubeObject } from '@longshore/kube';
import type { JobCondition, JobSpec, JobStatus } from 'kubernetes-types/batch/v1.js';

export type Job = KubeObject & { spec: JobSpec; status?: JobStatus };

export const JOBS = 'jobs.batch';

/** The condition that says how a job has ended; undefined while it has not. */
export function endOfJob({ status }: Job): JobCondition | undefined {
  return status?.conditions?.find(({ type, status: holds }) => isEnd(type) && holds === 'True');
}

/** Whether a condition of this type says how a job has ended. */
export function isEnd(type: string): boolean {
  return type === 'Complete' || type === 'Failed';
}
