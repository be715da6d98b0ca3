import type { Schema } from '@longshore/kube';
import { choice, duration, fields, flag, int32, int64, LOG_LEVELS, text } from './fields.js';
import { affinity, conditions, nodeSelector, resources, tolerations } from './pod-fields.js';

/** Five fields, or a name for them. */
const SCHEDULE = String.raw`^$|^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$|^\s*\S+\s+\S+\s+\S+\s+\S+\s+\S+\s*$`;

const spec: Schema = fields('How images are pruned.', {
  affinity,
  failedJobsHistoryLimit: int32('How many failed jobs are kept; default: 3.', { minimum: 0 }),
  ignoreInvalidImageReferences: flag('Whether references that cannot be understood are passed over.'),
  keepTagRevisions: int64('How many revisions of a tag are kept; default: 3.', { minimum: 0 }),
  keepYoungerThan: int64('Replaced by keepYoungerThanDuration: nanoseconds.'),
  keepYoungerThanDuration: duration('What is younger is kept; default: 60m.'),
  logLevel: choice('How much the jobs log.', LOG_LEVELS, { default: 'Normal' }),
  nodeSelector,
  resources,
  schedule: text('When, as for cron; default: 0 0 * * *.', { pattern: SCHEDULE }),
  successfulJobsHistoryLimit: int32('How many successful jobs are kept; default: 3.', { minimum: 0 }),
  suspend: flag('Whether no jobs are started.'),
  tolerations,
});

const status: Schema = fields('How pruning goes.', {
  conditions,
  observedGeneration: int64('The generation that was handled.'),
});

/** `imagepruners.imageregistry.operator.openshift.io/v1` (operator.md 2) */
export const prunerSchema: Schema = fields(
  'How images of the cluster are pruned.',
  { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, spec, status },
  { required: ['metadata', 'spec'] },
);
