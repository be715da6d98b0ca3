/** What is wrong with pods and pod templates (`pkg/apis/core/validation`, ValidatePodSpec and ValidatePodUpdate). */
import { duplicateValue, forbiddenField, invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelSelector,
  checkLabelValue,
  checkQualifiedName,
  jsonEqual,
  type LabelSelector,
  type StatusCause,
} from '@longshore/kube';
import type { PodSpec, PodTemplateSpec, Toleration } from 'kubernetes-types/core/v1.js';
import { checkAnnotations, checkLabels, problems } from '../checks.js';
import { goStringMap, invalidShown } from '../go-syntax.js';
import { checkContainers } from './container-validation.js';
import { checkAffinity } from './affinity-validation.js';
import { checkVolumes } from './volume-validation.js';

export function checkPodSpec(spec: PodSpec, path: string): StatusCause[] {
  return [
    ...checkVolumes(spec, `${path}.volumes`),
    ...checkContainers(spec, path),
    ...checkNames(spec, path),
    ...checkNodeSelector(spec.nodeSelector, `${path}.nodeSelector`),
    ...(spec.affinity ? checkAffinity(spec.affinity, `${path}.affinity`) : []),
    ...checkTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...checkSpread(spec, `${path}.topologySpreadConstraints`),
    ...checkTimes(spec, path),
    ...checkHost(spec, path),
  ];
}

const NAME_FIELDS = [
  ['serviceAccountName', checkDnsSubdomain],
  ['nodeName', checkDnsSubdomain],
  ['priorityClassName', checkDnsSubdomain],
  ['runtimeClassName', checkDnsSubdomain],
  ['hostname', checkDnsLabel],
  ['subdomain', checkDnsLabel],
] as const;

function checkNames(spec: PodSpec, path: string): StatusCause[] {
  return NAME_FIELDS.flatMap(([name, check]) => {
    const value = spec[name];
    return value ? problems(`${path}.${name}`, value, check(value)) : [];
  });
}

function checkNodeSelector(selector: Record<string, string> = {}, field: string): StatusCause[] {
  return checkLabels(selector, field);
}

function checkTimes({ activeDeadlineSeconds, terminationGracePeriodSeconds }: PodSpec, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (activeDeadlineSeconds !== undefined && (activeDeadlineSeconds < 1 || activeDeadlineSeconds > 2 ** 31 - 1)) {
    causes.push(
      invalidValue(
        `${path}.activeDeadlineSeconds`,
        activeDeadlineSeconds,
        'must be between 1 and 2147483647, inclusive',
      ),
    );
  }
  if (terminationGracePeriodSeconds !== undefined && terminationGracePeriodSeconds < 0) {
    causes.push(
      invalidValue(
        `${path}.terminationGracePeriodSeconds`,
        terminationGracePeriodSeconds,
        'must be greater than or equal to 0',
      ),
    );
  }
  return causes;
}

function checkHost(
  { hostPID, shareProcessNamespace, hostAliases = [], dnsPolicy, dnsConfig }: PodSpec,
  path: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (hostPID && shareProcessNamespace) {
    causes.push(
      invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  }
  if (dnsPolicy === 'None' && (dnsConfig?.nameservers ?? []).length === 0) {
    causes.push(
      requiredValue(
        `${path}.dnsConfig.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    );
  }
  for (const [at, { hostnames = [] }] of hostAliases.entries()) {
    for (const hostname of hostnames)
      causes.push(...problems(`${path}.hostAliases[${at}].hostnames`, hostname, checkDnsSubdomain(hostname)));
  }
  return causes;
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function checkTolerations(tolerations: Toleration[], path: string): StatusCause[] {
  return tolerations.flatMap(({ key, operator = 'Equal', value, effect, tolerationSeconds }, at) => {
    const field = `${path}[${at}]`;
    const causes: StatusCause[] = [];
    if (key) causes.push(...problems(`${field}.key`, key, checkQualifiedName(key)));
    else if (operator !== 'Exists')
      causes.push(
        invalidValue(
          `${field}.operator`,
          operator === 'Equal' ? '' : operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      causes.push(
        invalidValue(`${field}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      );
    }
    if (operator === 'Equal') {
      causes.push(...problems(`${field}.operator`, value ?? '', checkLabelValue(value ?? '')));
    } else if (operator === 'Exists') {
      if (value)
        causes.push(
          invalidValue(
            `${field}.operator`,
            { key, operator, value, effect },
            "value must be empty when `operator` is 'Exists'",
          ),
        );
    } else causes.push(unsupportedValue(`${field}.operator`, operator, ['Equal', 'Exists']));
    if (effect && !EFFECTS.includes(effect)) causes.push(unsupportedValue(`${field}.effect`, effect, EFFECTS));
    return causes;
  });
}

function checkSpread({ topologySpreadConstraints = [] }: PodSpec, path: string): StatusCause[] {
  const seen = new Set<string>();
  return topologySpreadConstraints.flatMap((constraint, at) => {
    const field = `${path}[${at}]`;
    const { maxSkew, minDomains, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
    const causes: StatusCause[] = [];
    if (maxSkew <= 0) causes.push(invalidValue(`${field}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (minDomains !== undefined && minDomains <= 0)
      causes.push(invalidValue(`${field}.minDomains`, minDomains, 'must be greater than zero'));
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
      causes.push(
        invalidValue(
          `${field}.minDomains`,
          minDomains,
          'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not '.concat(whenUnsatisfiable),
        ),
      );
    }
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) causes.push(duplicateValue(`${field}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    if (labelSelector) causes.push(...checkLabelSelector(labelSelector, `${field}.labelSelector`));
    return causes;
  });
}

/** A template: as a pod, without what only a pod may have. */
export function checkPodTemplate(template: PodTemplateSpec | undefined, path: string): StatusCause[] {
  const { metadata, spec } = template ?? {};
  return [
    ...checkLabels(metadata?.labels, `${path}.labels`),
    ...checkAnnotations(metadata?.annotations, `${path}.annotations`),
    ...(spec ? checkPodSpec(spec, `${path}.spec`) : [requiredValue(`${path}.spec.containers`)]),
    ...(spec?.ephemeralContainers?.length
      ? [forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

/** The selector of what owns pods matches the template that they are made from. */
export function checkSelectorMatches(
  selector: LabelSelector,
  template: PodTemplateSpec | undefined,
  path: string,
): StatusCause[] {
  const labels = template?.metadata?.labels;
  if (selector.matches(labels)) return [];
  const detail = '`selector` does not match template `labels`';
  return [invalidShown(`${path}.metadata.labels`, goStringMap(labels), detail)];
}

const MUTABLE = [
  'spec.containers[*].image',
  'spec.initContainers[*].image',
  'spec.activeDeadlineSeconds',
  'spec.tolerations',
  'spec.terminationGracePeriodSeconds',
];

/** Of the specification of a pod, only images, a shorter deadline and further tolerations may change. */
export function checkPodUpdate(spec: PodSpec, old: PodSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const field of ['containers', 'initContainers'] as const) {
    const [now = [], before = []] = [spec[field], old[field]];
    if (now.length !== before.length) {
      return [forbiddenField(`spec.${field}`, `pod updates may not add or remove containers`)];
    }
  }
  const { activeDeadlineSeconds: deadline } = spec;
  if (old.activeDeadlineSeconds !== undefined && deadline !== old.activeDeadlineSeconds) {
    if (deadline === undefined) {
      causes.push(
        invalidValue('spec.activeDeadlineSeconds', undefined, 'must not update from a positive integer to nil value'),
      );
    } else if (deadline > old.activeDeadlineSeconds) {
      causes.push(invalidValue('spec.activeDeadlineSeconds', deadline, `must be less than or equal to previous value`));
    }
  }
  const missing = (old.tolerations ?? []).filter(
    (toleration) => !(spec.tolerations ?? []).some((one) => jsonEqual(one, toleration)),
  );
  if (missing.length > 0) {
    causes.push(
      forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
    );
  }
  if (!jsonEqual(immutablePart(spec), immutablePart(old))) {
    const fields = MUTABLE.map((field) => `\`${field}\``);
    const listed = `${fields.slice(0, 3).join(',')},${fields[3]} (only additions to existing tolerations),${fields[4]} (allow it to be set to 1 if it was previously negative)`;
    causes.push(forbiddenField('spec', `pod updates may not change fields other than ${listed}`));
  }
  return causes;
}

function immutablePart(spec: PodSpec): unknown {
  const withoutImages = (containers: PodSpec['containers'] = []) =>
    containers.map(({ image: _image, ...rest }) => rest);
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  return { ...rest, containers: withoutImages(spec.containers), initContainers: withoutImages(spec.initContainers) };
}
