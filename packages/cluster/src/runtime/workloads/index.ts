import type { Controller } from '@longshore/apiserver';
import type { EventRecorder } from '../agent/event-recorder.js';
import { cronJobController } from './cron-job-controller.js';
import { daemonSetController } from './daemon-set-controller.js';
import { deploymentController } from './deployment-controller.js';
import { jobController } from './job-controller.js';
import { replicaSetController } from './replica-set-controller.js';

export interface WorkloadOptions {
  nodeName: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Tells of what a component does. */
  recorder: (component: string) => EventRecorder;
}

/** What makes pods of deployments, daemon sets, jobs and cron jobs. */
export function workloadControllers({ nodeName, now, recorder }: WorkloadOptions): Controller[] {
  return [
    deploymentController(recorder('deployment-controller'), now),
    replicaSetController(recorder('replicaset-controller'), now),
    daemonSetController(recorder('daemonset-controller'), nodeName, now),
    jobController(recorder('job-controller'), now),
    cronJobController(recorder('cronjob-controller'), now),
  ];
}
