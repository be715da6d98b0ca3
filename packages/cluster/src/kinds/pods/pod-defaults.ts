/** Defaults of pods that depend on other fields (`pkg/apis/core/v1/defaults.go`); the others are in the schema. */
import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';

/** Of pods and of templates. Changes the spec in place. */
export function setPodSpecDefaults(spec: PodSpec): void {
  for (const volume of spec.volumes ?? []) {
    if (Object.keys(volume).length === 1) volume.emptyDir = {};
  }
  // The older name of the field is kept as a copy.
  if (spec.serviceAccountName === undefined && spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  for (const container of containersOf(spec)) {
    container.imagePullPolicy ??= pullPolicyOf(container.image ?? '');
    if (spec.hostNetwork) for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
  }
}

/** Of pods only: templates do not get these. Changes the spec in place. */
export function setPodDefaults(spec: PodSpec): void {
  setPodSpecDefaults(spec);
  spec.enableServiceLinks ??= true;
  for (const { resources } of containersOf(spec)) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests };
  }
}

export function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

/** Always for `latest`, which is also meant when neither tag nor digest is said. */
function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  const name = image.slice(image.lastIndexOf('/') + 1);
  if (name.includes('@')) return 'IfNotPresent';
  const [, tag = 'latest'] = name.split(':');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}
