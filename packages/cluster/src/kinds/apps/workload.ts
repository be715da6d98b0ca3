/** What deployments, replica sets, daemon sets and stateful sets have in common. */
import { requiredValue, s, unsupportedValue, type Field } from '@longshore/apiserver';
import {
  checkLabelSelector,
  jsonEqual,
  LabelSelector,
  type KubeObject,
  type LabelSelectorObject,
  type StatusCause,
} from '@longshore/kube';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { FIELD_IMMUTABLE } from '../checks.js';
import { wide } from '../columns.js';
import { goLabelSelector, invalidShown } from '../go-syntax.js';
import { olderCondition } from '../meta.js';
import { setPodSpecDefaults } from '../pods/pod-defaults.js';
import { checkPodTemplate, checkSelectorMatches } from '../pods/pod-validation.js';

export const APPS = 'io.k8s.api.apps.v1';

export interface WorkloadSpec {
  selector?: { matchLabels?: Record<string, string> };
  template: PodTemplateSpec;
}

export type Workload<S extends WorkloadSpec, T = Record<string, unknown>> = KubeObject & { spec: S; status?: T };

export const REPLICAS_SCALE = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
} as const;

export const conditions = (kind: string, more: Record<string, Field> = {}): Field =>
  s.listOf(olderCondition(`${APPS}.${kind}Condition`, more), 'Its conditions.').mergeBy('type');

export function setTemplateDefaults({ spec }: { spec?: { template?: PodTemplateSpec } }): void {
  if (spec?.template?.spec) setPodSpecDefaults(spec.template.spec);
}

/** The selector, and that it selects what the template makes. `kind` is the word for the message. */
export function checkWorkload({ selector, template }: WorkloadSpec, kind: string): StatusCause[] {
  return [
    ...checkSelector(selector, template, kind),
    ...checkPodTemplate(template, 'spec.template'),
    ...checkRestartsAlways(template),
  ];
}

function checkSelector(
  selector: LabelSelectorObject | undefined,
  template: PodTemplateSpec,
  kind: string,
): StatusCause[] {
  if (selector === undefined) {
    return [requiredValue('spec.selector'), ...checkSelectorMatches(LabelSelector.nothing, template, 'spec.template')];
  }
  const causes = checkLabelSelector(selector, 'spec.selector');
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
    return [
      ...causes,
      invalidShown('spec.selector', goLabelSelector(selector), `empty selector is invalid for ${kind}`),
    ];
  }
  if (causes.length > 0) return causes;
  return checkSelectorMatches(LabelSelector.fromObject(selector), template, 'spec.template');
}

/** Which pods are its own never changes. */
export function checkSelectorKept(spec: WorkloadSpec, old: WorkloadSpec): StatusCause[] {
  if (jsonEqual(spec.selector, old.selector)) return [];
  return [invalidShown('spec.selector', goLabelSelector(spec.selector ?? {}), FIELD_IMMUTABLE)];
}

function checkRestartsAlways(template: PodTemplateSpec | undefined): StatusCause[] {
  const policy = template?.spec?.restartPolicy;
  if (policy === undefined || policy === 'Always') return [];
  return [unsupportedValue('spec.template.spec.restartPolicy', policy, ['Always'])];
}

/** Columns of `-o wide`: what the template runs, and what the selector is. */
export function containerColumns<T extends { spec: WorkloadSpec } & KubeObject>(withSelector = true) {
  return [
    wide<T>('Containers', ({ spec }) => (spec.template.spec?.containers ?? []).map(({ name }) => name).join(',')),
    wide<T>('Images', ({ spec }) => (spec.template.spec?.containers ?? []).map(({ image = '' }) => image).join(',')),
    ...(withSelector ? [wide<T>('Selector', ({ spec }) => formatSelector(spec.selector))] : []),
  ];
}

export function formatSelector(selector: WorkloadSpec['selector']): string {
  if (selector === undefined) return '<none>';
  const text = LabelSelector.fromObject(selector).toString();
  return text === '' ? '<none>' : text;
}
