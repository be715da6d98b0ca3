import type { Container, EnvVar } from 'kubernetes-types/core/v1.js';
import type { Pod } from '../../kinds/pods/pod.js';
import { podField, resourceField, type Capacity, type PodPlace } from '../agent/pod-fields.js';
import { ContainerConfigError } from './container-config-error.js';

/** The values of config maps and secrets of the pod's namespace. */
export interface KeyedValues {
  /** Undefined when there is no such object. */
  configMap(name: string): Readonly<Record<string, string>> | undefined;
  secret(name: string): Readonly<Record<string, string>> | undefined;
}

export interface EnvironmentFacts {
  pod: Pod;
  container: Container;
  place: PodPlace;
  capacity: Capacity;
  values: KeyedValues;
  /** What each container gets: `PATH`, `HOSTNAME`, where the API is. */
  base: Readonly<Record<string, string>>;
}

/**
 * The environment of a container (Kubernetes, "Define Environment Variables"): the base, `envFrom`, then `env`, each over
 * what came before. Errors: ContainerConfigError for what is missing and not optional.
 */
export function containerEnvironment(facts: EnvironmentFacts): Record<string, string> {
  const { container, base } = facts;
  const environment: Record<string, string> = { ...base, ...fromObjects(facts) };
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? referredValue(variable, facts) : expand(variable.value ?? '', environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

function fromObjects({ container, values }: EnvironmentFacts): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [kind, reference] of [
      ['configMap', configMapRef],
      ['secret', secretRef],
    ] as const) {
      if (!reference) continue;
      const name = reference.name ?? '';
      const data = values[kind](name);
      if (data === undefined && !reference.optional) throw missingObject(kind, name);
      for (const [key, value] of Object.entries(data ?? {})) environment[`${prefix}${key}`] = value;
    }
  }
  return environment;
}

function referredValue({ name, valueFrom = {} }: EnvVar, facts: EnvironmentFacts): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const { pod, place, container, capacity } = facts;
  if (fieldRef)
    return podField(pod, fieldRef.fieldPath, place) ?? fail(`${name}: there is no field ${fieldRef.fieldPath}`);
  if (resourceFieldRef) {
    const { containerName, resource, divisor } = resourceFieldRef;
    const of = pod.spec.containers.find((one) => one.name === containerName) ?? container;
    return resourceField(of, resource, divisor, capacity) ?? fail(`${name}: there is no resource ${resource}`);
  }
  if (configMapKeyRef) return keyOf('configMap', configMapKeyRef, facts);
  if (secretKeyRef) return keyOf('secret', secretKeyRef, facts);
  return undefined;
}

function keyOf(
  kind: keyof KeyedValues,
  { name = '', key, optional }: { name?: string; key: string; optional?: boolean },
  { pod, values }: EnvironmentFacts,
): string | undefined {
  const data = values[kind](name);
  const value = data?.[key];
  if (value !== undefined || optional) return value;
  if (data === undefined) throw missingObject(kind, name);
  const word = kind === 'secret' ? 'Secret' : 'ConfigMap';
  return fail(`couldn't find key ${key} in ${word} ${pod.metadata.namespace}/${name}`);
}

function missingObject(kind: keyof KeyedValues, name: string): ContainerConfigError {
  return new ContainerConfigError(`${kind.toLowerCase()} "${name}" not found`);
}

function fail(message: string): never {
  throw new ContainerConfigError(message);
}

const MAX_EXPANDED = 1 << 20;

/** `$(NAME)` becomes the value of a variable that is known, `$$` a dollar (`third_party/forked/golang/expansion`). */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  const expanded = text.replace(/\$(?:\$|\(([^()]{1,256})\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(variables, name) ? (variables[name] ?? '') : whole;
  });
  if (expanded.length > MAX_EXPANDED) throw new ContainerConfigError('an expanded value is longer than 1 MiB');
  return expanded;
}
