import { objectMetaField, s } from '@longshore/apiserver';
import { labelSelector, olderCondition } from '../meta.js';
import { podTemplateSpec } from '../pods/pod-schema.js';

export const BATCH = 'io.k8s.api.batch.v1';

const podFailurePolicy = s.shared(`${BATCH}.PodFailurePolicy`, 'What failed pods mean.', {
  rules: s
    .listOf(
      s.shared(`${BATCH}.PodFailurePolicyRule`, 'What pods that fail so mean.', {
        action: s
          .string('Count, FailIndex, FailJob or Ignore.')
          .values('Count', 'FailIndex', 'FailJob', 'Ignore')
          .required(),
        onExitCodes: s.shared(`${BATCH}.PodFailurePolicyOnExitCodesRequirement`, 'By exit codes.', {
          containerName: s.string('Of this container.'),
          operator: s.string('In or NotIn.').values('In', 'NotIn').required(),
          values: s.listOf(s.int32(''), 'The codes.').with({ 'x-kubernetes-list-type': 'set' }).required(),
        }),
        onPodConditions: s
          .listOf(
            s.shared(`${BATCH}.PodFailurePolicyOnPodConditionsPattern`, 'A condition.', {
              status: s.string('Its status.').default('True'),
              type: s.string('Its type.').required(),
            }),
            'By conditions of the pod.',
          )
          .atomic(),
      }),
      'The first that fits holds.',
    )
    .atomic()
    .required(),
});

export const jobSpec = s.shared(`${BATCH}.JobSpec`, 'What should run to its end.', {
  activeDeadlineSeconds: s.int64('Seconds after which it has failed.').atLeast(0),
  backoffLimit: s.int32('How many failures it takes; default 6.').atLeast(0),
  backoffLimitPerIndex: s.int32('How many failures of one index it takes.').atLeast(0),
  completionMode: s.string('NonIndexed (default) or Indexed.').values('Indexed', 'NonIndexed'),
  completions: s.int32('How many pods must succeed.').atLeast(0),
  managedBy: s.string('Who runs it.'),
  manualSelector: s.boolean('Whether the selector is given.'),
  maxFailedIndexes: s.int32('How many indexes may fail.').atLeast(0),
  parallelism: s.int32('How many pods at a time; default 1.').atLeast(0),
  podFailurePolicy: podFailurePolicy.describe('What failed pods mean.'),
  podReplacementPolicy: s
    .string('TerminatingOrFailed (default) or Failed: when a pod is replaced.')
    .values('Failed', 'TerminatingOrFailed'),
  selector: labelSelector.describe('Which pods are its own; usually set by the server.'),
  successPolicy: s.shared(`${BATCH}.SuccessPolicy`, 'When it has succeeded.', {
    rules: s
      .listOf(
        s.shared(`${BATCH}.SuccessPolicyRule`, 'A way to succeed.', {
          succeededCount: s.int32('So many indexes.'),
          succeededIndexes: s.string('These indexes.'),
        }),
        'Any of these.',
      )
      .atomic(),
  }),
  suspend: s.boolean('Whether it stands still.'),
  template: podTemplateSpec.describe('What the pods are made from.'),
  ttlSecondsAfterFinished: s.int32('Seconds after its end until it is deleted.').atLeast(0),
});

export const jobTemplateSpec = s.shared(`${BATCH}.JobTemplateSpec`, 'What jobs are made from.', {
  metadata: objectMetaField.describe('Labels and annotations of the jobs.'),
  spec: jobSpec.describe('What they do.'),
});

export const jobStatus = s.shared(`${BATCH}.JobStatus`, 'How far it is.', {
  active: s.int32('Pods that run.'),
  completedIndexes: s.string('Indexes that have succeeded.'),
  completionTime: s.time('When it succeeded.'),
  conditions: s
    .listOf(
      olderCondition(`${BATCH}.JobCondition`, { lastProbeTime: s.time('When it was looked at last.') }),
      'Complete, Failed, Suspended and others.',
    )
    .atomic()
    .with({ 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'type' }),
  failed: s.int32('Pods that have failed.'),
  failedIndexes: s.string('Indexes that have failed.'),
  ready: s.int32('Pods that are ready.'),
  startTime: s.time('When it began.'),
  succeeded: s.int32('Pods that have succeeded.'),
  terminating: s.int32('Pods that are ending.'),
  uncountedTerminatedPods: s.shared(`${BATCH}.UncountedTerminatedPods`, 'Ended pods that are not counted yet.', {
    failed: s.strings('UIDs of failed ones.').with({ 'x-kubernetes-list-type': 'set' }),
    succeeded: s.strings('UIDs of succeeded ones.').with({ 'x-kubernetes-list-type': 'set' }),
  }),
});
