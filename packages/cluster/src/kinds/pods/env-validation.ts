import { invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import { checkQualifiedName, type StatusCause } from '@longshore/kube';
import type { Container, EnvVarSource, ObjectFieldSelector } from 'kubernetes-types/core/v1.js';
import { configKeyProblems, problems } from '../checks.js';

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** What is wrong with the name of a variable: any printable ASCII without `=` (relaxed names, Kubernetes 1.32). */
function envNameProblems(name: string): string[] {
  return /^[ -<>-~]+$/.test(name)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '=' (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '^[ -<>-~]+$')",
      ];
}

export function checkEnv({ env = [], envFrom = [] }: Container, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [at, { name, value, valueFrom }] of env.entries()) {
    const field = `${path}.env[${at}]`;
    if (name) causes.push(...problems(`${field}.name`, name, envNameProblems(name)));
    if (valueFrom) causes.push(...checkValueFrom(valueFrom, value, `${field}.valueFrom`));
  }
  for (const [at, { configMapRef, secretRef, prefix }] of envFrom.entries()) {
    const field = `${path}.envFrom[${at}]`;
    if (prefix) causes.push(...problems(`${field}.prefix`, prefix, envNameProblems(prefix)));
    if (configMapRef && !configMapRef.name) causes.push(requiredValue(`${field}.configMapRef.name`));
    if (secretRef && !secretRef.name) causes.push(requiredValue(`${field}.secretRef.name`));
    if (configMapRef && secretRef)
      causes.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
    if (!configMapRef && !secretRef)
      causes.push(invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
  }
  return causes;
}

function checkValueFrom(source: EnvVarSource, value: string | undefined, field: string): StatusCause[] {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = source;
  const causes: StatusCause[] = [];
  if (fieldRef) causes.push(...checkFieldRef(fieldRef, `${field}.fieldRef`, 'env'));
  if (
    resourceFieldRef &&
    !RESOURCES.includes(resourceFieldRef.resource) &&
    !/^(limits|requests)\.hugepages-/.test(resourceFieldRef.resource)
  ) {
    causes.push(unsupportedValue(`${field}.resourceFieldRef.resource`, resourceFieldRef.resource, RESOURCES));
  }
  for (const [kind, ref] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (!ref) continue;
    if (!ref.name) causes.push(requiredValue(`${field}.${kind}.name`));
    causes.push(...problems(`${field}.${kind}.key`, ref.key, configKeyProblems(ref.key)));
  }
  const given = [configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef].filter((one) => one !== undefined).length;
  if (given === 0) {
    causes.push(
      invalidValue(
        field,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ),
    );
  }
  if (value) {
    if (given > 0) causes.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  } else if (given > 1) causes.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  return causes;
}

/** `metadata.labels['key']`, or one of the fields that may be told there. */
export function checkFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  field: string,
  where: 'env' | 'volume',
): StatusCause[] {
  if (!fieldPath) return [];
  if (apiVersion !== undefined && apiVersion !== 'v1') {
    return [
      invalidValue(
        `${field}.fieldPath`,
        fieldPath,
        `error converting fieldPath: pod fields of version ${apiVersion} are not known`,
      ),
    ];
  }
  const [, map, key] = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(fieldPath) ?? [];
  if (map !== undefined && key !== undefined) {
    return problems(field, key, checkQualifiedName(map === 'annotations' ? key.toLowerCase() : key));
  }
  const supported = where === 'env' ? ENV_FIELDS : VOLUME_FIELDS;
  return supported.includes(fieldPath) ? [] : [unsupportedValue(`${field}.fieldPath`, fieldPath, supported)];
}
