import { parseJsonTree } from '../diagnostics/json-tree.js';
import { valueOf } from '../diagnostics/tree.js';
import { type Check, outcome } from './check.js';
import type { Evidence } from './evidence.js';
import type { ExpectedRegistry, SiteExpectation } from './expectation.js';
import { differencesOf } from './json-difference.js';
import { fieldOf, isRecord, type KubeObject } from './kube-object.js';
import { plannedPart } from './planned-part.js';

/** Annotation by which the install service hands a node its override (edge.md 3.3). */
export const OVERRIDE_ANNOTATION = 'bmac.agent-install.openshift.io/ignition-config-overrides';
const REGISTRY_NAMESPACE = 'openshift-image-registry';

type Found = { text: string; wrong: string[] } | undefined;

/** V1: the hub has the node's override as it was planned, compared as JSON. */
export function hostCheck({ cluster, node, ignition }: SiteExpectation, evidence: Evidence): Check {
  const hosts = evidence.objects.filter(
    ({ kind, metadata }) => kind === 'BareMetalHost' && metadata.namespace === cluster,
  );
  const host =
    node === undefined ? hosts[0] : hosts.find((one) => hostNameOf(one) === node || one.metadata.name === node);
  const name = node ?? cluster;
  const found = ((): Found => {
    const text = host?.metadata.annotations[OVERRIDE_ANNOTATION] ?? evidence.override;
    const title = host?.metadata.name ?? name;
    if (host === undefined && text === undefined) {
      return missing(evidence, 'BareMetalHost', `no BareMetalHost of ${name} in ${cluster}`);
    }
    if (typeof text !== 'string') return { text: '', wrong: [`${title} has no such annotation`] };
    const applied = readJson(text);
    if (applied === undefined) return { text: '', wrong: ['the annotation is no JSON'] };
    const wrong = differencesOf(applied.value, ignition);
    if (wrong.length > 0 && differencesOf(plannedPart(applied.value, ignition), ignition).length === 0) {
      return { text: `${title} has it, and more`, wrong: [] };
    }
    return { text: `${title} has it`, wrong };
  })();
  return outcome('V1', 'annotation ignition-config-overrides', 'equal to the planned Ignition', found);
}

function hostNameOf({ metadata }: KubeObject): unknown {
  return metadata.annotations['bmac.agent-install.openshift.io/hostname'];
}

function readJson(text: string): { value: unknown } | undefined {
  try {
    return { value: valueOf(parseJsonTree(text)) };
  } catch {
    return undefined;
  }
}

/** When the kind was collected, its absence is a finding; otherwise nobody has looked. */
function missing({ kinds }: Evidence, kind: string, text: string): Found {
  return kinds.has(kind) ? { text: '', wrong: [text] } : undefined;
}

/** V4 to V8: class, volume, claim, configuration and pods of the registry. */
export function registryChecks({ registry }: SiteExpectation, evidence: Evidence): Check[] {
  if (registry === undefined) return [];
  return [
    storageClassCheck(registry, evidence),
    volumeCheck(registry, evidence),
    claimCheck(registry, evidence),
    configCheck(registry, evidence),
    podsCheck(evidence),
  ];
}

function find({ objects }: Evidence, kind: string, name: string, namespace?: string): KubeObject | undefined {
  return objects.find(
    ({ kind: is, metadata }) =>
      is === kind && metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
}

function storageClassCheck({ storageClass }: ExpectedRegistry, evidence: Evidence): Check {
  const object = find(evidence, 'StorageClass', storageClass);
  const found = object
    ? compare(object, [['provisioner', 'kubernetes.io/no-provisioner']])
    : missing(evidence, 'StorageClass', `no StorageClass ${storageClass}`);
  return outcome('V4', `StorageClass ${storageClass}`, 'provisioner kubernetes.io/no-provisioner', found);
}

function volumeCheck({ volume, claim, claimNamespace, path, storage }: ExpectedRegistry, evidence: Evidence): Check {
  const object = find(evidence, 'PersistentVolume', volume);
  const found = object
    ? compare(object, [
        ['status.phase', 'Bound'],
        ['spec.claimRef.namespace', claimNamespace],
        ['spec.claimRef.name', claim],
        ['spec.capacity.storage', storage],
        ['spec.local.path', path],
      ])
    : missing(evidence, 'PersistentVolume', `no PersistentVolume ${volume}`);
  return outcome(
    'V5',
    `PersistentVolume ${volume}`,
    `Bound to ${claimNamespace}/${claim}, ${storage} at ${path}`,
    found,
  );
}

function claimCheck({ claim, claimNamespace, storage }: ExpectedRegistry, evidence: Evidence): Check {
  const object = find(evidence, 'PersistentVolumeClaim', claim, claimNamespace);
  const found = object
    ? compare(object, [
        ['status.phase', 'Bound'],
        ['spec.resources.requests.storage', storage],
        ['spec.accessModes', 'ReadWriteMany'],
      ])
    : missing(evidence, 'PersistentVolumeClaim', `no claim ${claim} in ${claimNamespace}`);
  return outcome('V6', `PersistentVolumeClaim ${claim}`, `Bound, ${storage}, ReadWriteMany`, found);
}

function configCheck({ claim }: ExpectedRegistry, evidence: Evidence): Check {
  const expected = `Managed, claim ${claim}, Available, not Progressing, not Degraded`;
  const isConfig = ({ kind, apiVersion }: KubeObject) => kind === 'Config' && apiVersion.startsWith('imageregistry.');
  const object = evidence.objects.find((one) => isConfig(one) && one.metadata.name === 'cluster');
  const found = object
    ? compare(object, [
        ['spec.managementState', 'Managed'],
        ['spec.storage.pvc.claim', claim],
        ['conditions.Available', 'True'],
        ['conditions.Progressing', 'False'],
        ['conditions.Degraded', 'False'],
      ])
    : missing(evidence, 'Config', 'no Config cluster of imageregistry.operator.openshift.io');
  return outcome('V7', 'registry Config cluster', expected, found);
}

/** Holds fields against their values; a trailing slash of a path counts for nothing (EL007). */
function compare(object: KubeObject, fields: [path: string, expected: string][]): Found {
  const wrong: string[] = [];
  const seen: string[] = [];
  for (const [path, expected] of fields) {
    const found = path.startsWith('conditions.')
      ? conditionOf(object, path.slice('conditions.'.length))
      : fieldOf(object, ...path.split('.'));
    const text = textOf(found);
    const normal = path.endsWith('.path') ? text.replace(/(?<=.)\/$/, '') : text;
    const fits = Array.isArray(found) ? found.includes(expected) : normal === expected;
    if (fits) seen.push(text);
    else wrong.push(`${path} is ${text === '' ? 'absent' : text}, not ${expected}`);
  }
  return { text: seen.join(', '), wrong };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function conditionOf(object: KubeObject, type: string): unknown {
  const conditions = fieldOf(object, 'status', 'conditions');
  if (!Array.isArray(conditions)) return undefined;
  return fieldOf(
    conditions.find((condition) => fieldOf(condition, 'type') === type),
    'status',
  );
}

function podsCheck(evidence: Evidence): Check {
  const pods = evidence.objects.filter(
    ({ kind, metadata }) => kind === 'Pod' && metadata.namespace === REGISTRY_NAMESPACE,
  );
  const found = ((): Found => {
    if (pods.length === 0) return missing(evidence, 'Pod', `no pods in ${REGISTRY_NAMESPACE}`);
    const wrong: string[] = [];
    const ready: string[] = [];
    for (const [title, isOne] of PODS) {
      const ours = pods.filter(({ metadata }) => isOne(metadata.name));
      if (ours.length === 0) wrong.push(`no pod ${title}`);
      for (const pod of ours) {
        if (isReady(pod)) ready.push(pod.metadata.name);
        else
          wrong.push(`${pod.metadata.name} is ${textOf(fieldOf(pod, 'status', 'phase')) || 'unknown'} and not ready`);
      }
    }
    return { text: ready.join(', '), wrong };
  })();
  return outcome('V8', `pods in ${REGISTRY_NAMESPACE}`, 'operator and registry Running, all containers ready', found);
}

const PODS: [title: string, isOne: (name: string) => boolean][] = [
  ['cluster-image-registry-operator-*', (name) => name.startsWith('cluster-image-registry-operator-')],
  // The pruner's pods are named image-pruner-*, those of the daemon set node-ca-*.
  ['image-registry-*', (name) => name.startsWith('image-registry-')],
];

function isReady(pod: KubeObject): boolean {
  const containers = fieldOf(pod, 'status', 'containerStatuses');
  return (
    fieldOf(pod, 'status', 'phase') === 'Running' &&
    Array.isArray(containers) &&
    containers.length > 0 &&
    containers.every((container) => isRecord(container) && container['ready'] === true)
  );
}

/** V9: a user can log in to the registry. */
export function loginCheck({ registry }: SiteExpectation, { login }: Evidence): Check[] {
  if (registry === undefined) return [];
  const found = login && { text: 'it succeeded', wrong: login === 'succeeded' ? [] : ['the login failed'] };
  const check = outcome('V9', 'login at image-registry.openshift-image-registry.svc:5000', 'succeeds', found);
  return [{ ...check, optional: true }];
}

/** V11: each policy of the plan is compliant on the cluster. */
export function policyChecks({ cluster, policies }: SiteExpectation, evidence: Evidence): Check[] {
  return policies.map((name) => {
    const policy = find(evidence, 'Policy', name, cluster);
    const found = policy
      ? compare(policy, [['status.compliant', 'Compliant']])
      : missing(evidence, 'Policy', `the hub has no copy of it in ${cluster}`);
    return outcome('V11', `policy ${name}`, 'Compliant', found);
  });
}
