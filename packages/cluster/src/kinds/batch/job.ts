import { invalidValue, requiredValue, ageSince, formatAge } from '@longshore/apiserver';
import {
  checkLabelSelector,
  jsonEqual,
  LabelSelector,
  type KubeObject,
  type LabelSelectorObject,
  type StatusCause,
} from '@longshore/kube';
import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1.js';
import { containerColumns, formatSelector, type WorkloadSpec } from '../apps/workload.js';
import { FIELD_IMMUTABLE } from '../checks.js';
import { age, column, wide } from '../columns.js';
import { goLabelSelector, invalidShown } from '../go-syntax.js';
import { defineKind } from '../kind.js';
import { setPodSpecDefaults } from '../pods/pod-defaults.js';
import { checkPodTemplate, checkSelectorMatches } from '../pods/pod-validation.js';
import { jobSpec, jobStatus } from './job-schema.js';

type Job = KubeObject & { spec: JobSpec; status?: JobStatus };

const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'];
const UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'];

export function setJobSpecDefaults(spec: JobSpec): void {
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
}

/** Gives the job a selector of its own, by labels that only its pods have. */
function setSelector({ metadata, spec }: Job): void {
  if (spec.manualSelector) return;
  const { name = '', uid = '' } = metadata;
  spec.template.metadata ??= {};
  const labels = Object.fromEntries([
    ...NAME_LABELS.map((label) => [label, name] as const),
    ...UID_LABELS.map((label) => [label, uid] as const),
  ]);
  spec.template.metadata.labels = { ...spec.template.metadata.labels, ...labels };
  spec.selector ??= { matchLabels: {} };
  spec.selector.matchLabels = { ...spec.selector.matchLabels, 'batch.kubernetes.io/controller-uid': uid };
}

/** Of jobs, and of the templates of cron jobs. */
export function checkJobSpec(spec: JobSpec, path: string): StatusCause[] {
  const causes = checkPodTemplate(spec.template, `${path}.template`);
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === 'Always') {
    causes.push(requiredValue(`${path}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  } else if (spec.podFailurePolicy && policy !== 'Never') {
    causes.push(
      invalidValue(
        `${path}.template.spec.restartPolicy`,
        policy,
        'only "Never" is supported when podFailurePolicy is specified',
      ),
    );
  }
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    causes.push(requiredValue(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (spec.backoffLimitPerIndex !== undefined && spec.completionMode !== 'Indexed') {
    causes.push(
      invalidValue(`${path}.backoffLimitPerIndex`, spec.backoffLimitPerIndex, 'requires indexed completion mode'),
    );
  }
  return causes;
}

function validate({ spec }: Job): StatusCause[] {
  const causes = checkJobSpec(spec, 'spec');
  if (spec.selector === undefined) return [requiredValue('spec.selector'), ...causes];
  const selector = spec.selector as LabelSelectorObject;
  const ofSelector = checkLabelSelector(selector, 'spec.selector');
  if (ofSelector.length === 0)
    causes.push(...checkSelectorMatches(LabelSelector.fromObject(selector), spec.template, 'spec.template'));
  return [...ofSelector, ...causes];
}

function validateUpdate({ spec }: Job, { spec: old, status }: Job): StatusCause[] {
  const causes: StatusCause[] = [];
  const fixed = (name: 'completionMode' | 'podFailurePolicy' | 'backoffLimitPerIndex') => {
    if (!jsonEqual(spec[name] ?? null, old[name] ?? null))
      causes.push(invalidValue(`spec.${name}`, spec[name], FIELD_IMMUTABLE));
  };
  const isElastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!isElastic && spec.completions !== old.completions) {
    causes.push(invalidValue('spec.completions', spec.completions, FIELD_IMMUTABLE));
  }
  if (!jsonEqual(spec.selector ?? null, old.selector ?? null)) {
    causes.push(invalidShown('spec.selector', goLabelSelector(spec.selector ?? {}), FIELD_IMMUTABLE));
  }
  // Of one that has not begun, where pods may run can still change.
  const canMove = old.suspend === true && status?.startTime === undefined;
  const template = (of: JobSpec) => {
    const {
      affinity: _affinity,
      nodeSelector: _selector,
      tolerations: _tolerations,
      ...rest
    } = of.template.spec ?? { containers: [] };
    return canMove ? rest : of.template;
  };
  if (!jsonEqual(template(spec), template(old))) {
    causes.push(invalidValue('spec.template', spec.template, FIELD_IMMUTABLE));
  }
  fixed('completionMode');
  fixed('podFailurePolicy');
  fixed('backoffLimitPerIndex');
  return causes;
}

function statusText({ metadata, spec, status = {} }: Job): string {
  const has = (type: string) => status.conditions?.some((one) => one.type === type && one.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return spec.suspend ? 'Suspended' : 'Running';
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ status }: Job, now: Date): string {
  const { startTime, completionTime } = status ?? {};
  if (startTime === undefined) return '';
  const start = startTime;
  if (completionTime === undefined) return ageSince(start, now);
  return formatAge(Date.parse(completionTime) - Date.parse(start));
}

export const jobs = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  description: 'Pods that run until enough of them have succeeded.',
  fields: { spec: jobSpec.describe('What should run.').required(), status: jobStatus.describe('How far it is.') },
  columns: [
    column('Status', statusText),
    column('Completions', completions),
    column('Duration', duration),
    age,
    ...containerColumns<Job & { spec: WorkloadSpec }>(false),
    wide('Selector', ({ spec }) => formatSelector(spec.selector)),
  ],
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  stored: {
    setDefaults: ({ spec }) => spec && setJobSpecDefaults(spec),
    prepareForCreate: (job) => {
      job.status = {};
      if (job.spec?.template) setSelector(job);
    },
    validate,
    validateUpdate,
    defaultPropagation: 'orphan',
  },
});
