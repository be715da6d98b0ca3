import { isJsonObject, type JsonObject } from '@longshore/kube';
import type { Config, ConfigSpec } from '../config/config.js';
import {
  CERTIFICATES,
  DEPENDENCIES_CHECKSUM,
  NAMESPACE,
  PORT,
  PULL_SECRETS,
  REGISTRY,
  REQUIRED_SCC,
  RESOURCES,
  SELECTOR,
  TLS_SECRET,
  TRUSTED_CA,
} from '../names.js';
import type { Release } from '../release.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import type { Mount, PodStorage, Volume } from '../storage/pod-storage.js';
import { affinityOf, containerResources, spreadOf } from './placement.js';
import { registryEnv } from './registry-env.js';

export interface DeploymentParts {
  config: Config;
  snapshot: Snapshot;
  storage: PodStorage;
  /** The storage is of one pod at a time. */
  isExclusive: boolean;
  /** Of all that the pods read when they start. */
  dependencies: string;
  /** Group of the files on volumes. */
  fsGroup: number;
  release: Release;
}

const EXTRACTED = '/etc/pki/ca-trust/extracted';

const BUNDLE = `${EXTRACTED}/pem/tls-ca-bundle.pem`;
const ANCHORS = ['/etc/pki/ca-trust/source/anchors', '/usr/share/pki/ca-trust-source/anchors'];

/**
 * Makes what the cluster says of certificates known to all programs of the container, then becomes the registry (operator.md
 * 4.1). Images without `update-ca-trust` get the certificates alone; Node adds what is in the bundle to those that it knows.
 */
function startScript(command: readonly string[]): string {
  const files = ANCHORS.map((folder) => `${folder}/*`).join(' ');
  return [
    `mkdir -p ${['edk2', 'java', 'openssl', 'pem'].map((folder) => `${EXTRACTED}/${folder}`).join(' ')} &&`,
    'if command -v update-ca-trust >/dev/null;',
    `then update-ca-trust extract --output ${EXTRACTED}/;`,
    `else for file in ${files}; do if test -f "$file"; then cat "$file" && echo; fi; done > ${BUNDLE};`,
    `fi && NODE_EXTRA_CA_CERTS=${BUNDLE} exec ${command.join(' ')}`,
  ].join(' ');
}

const VOLUMES: readonly Volume[] = [
  { name: 'registry-tls', projected: { sources: [{ secret: { name: TLS_SECRET } }] } },
  { name: 'ca-trust-extracted', emptyDir: {} },
  { name: 'registry-certificates', configMap: { name: CERTIFICATES } },
  {
    name: 'trusted-ca',
    configMap: { name: TRUSTED_CA, optional: true, items: [{ key: 'ca-bundle.crt', path: 'anchors/ca-bundle.crt' }] },
  },
  {
    name: PULL_SECRETS,
    secret: { secretName: PULL_SECRETS, optional: true, items: [{ key: '.dockerconfigjson', path: 'config.json' }] },
  },
  {
    name: 'bound-sa-token',
    projected: { sources: [{ serviceAccountToken: { audience: 'openshift', path: 'token' } }] },
  },
];

const MOUNTS: readonly Mount[] = [
  { name: 'registry-tls', mountPath: '/etc/secrets' },
  { name: 'ca-trust-extracted', mountPath: EXTRACTED },
  { name: 'registry-certificates', mountPath: '/etc/pki/ca-trust/source/anchors' },
  { name: 'trusted-ca', mountPath: '/usr/share/pki/ca-trust-source' },
  { name: PULL_SECRETS, mountPath: '/var/lib/kubelet/' },
  { name: 'bound-sa-token', mountPath: '/var/run/secrets/openshift/serviceaccount', readOnly: true },
];

/** The Deployment of the registry (operator.md 4.1 and 9.2). */
export function registryDeployment(parts: DeploymentParts): Wanted {
  const { config, release, isExclusive } = parts;
  const { spec } = config;
  const { annotations } = overridesOf(spec);
  return {
    type: RESOURCES.deployments,
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: REGISTRY,
        namespace: NAMESPACE,
        labels: { ...SELECTOR },
        annotations: { 'release.openshift.io/version': release.version, ...annotations },
      },
      spec: {
        replicas: spec.replicas,
        progressDeadlineSeconds: 120,
        selector: { matchLabels: { ...SELECTOR } },
        strategy: strategyOf(spec, isExclusive),
        template: podTemplate(parts, annotations),
      },
    },
  };
}

function strategyOf({ rolloutStrategy, replicas }: ConfigSpec, isExclusive: boolean): object {
  if (rolloutStrategy === 'Recreate' || isExclusive) return { type: 'Recreate' };
  const rollingUpdate =
    replicas === 2
      ? { maxUnavailable: 1, maxSurge: 1 }
      : { maxUnavailable: Math.max(0, replicas - 1), maxSurge: '25%' };
  return { type: 'RollingUpdate', rollingUpdate };
}

function podTemplate(parts: DeploymentParts, annotations: Record<string, string>): object {
  const { config, snapshot, storage, dependencies, fsGroup } = parts;
  const { spec } = config;
  const affinity = affinityOf(spec);
  const spread = spreadOf(spec, snapshot);
  const { runtimeClassName } = overridesOf(spec);
  return {
    metadata: {
      labels: { ...SELECTOR },
      annotations: {
        [DEPENDENCIES_CHECKSUM]: dependencies,
        [REQUIRED_SCC]: 'restricted-v2',
        'target.workload.openshift.io/management': '{"effect": "PreferredDuringScheduling"}',
        ...annotations,
      },
    },
    spec: {
      serviceAccountName: 'registry',
      priorityClassName: 'system-cluster-critical',
      terminationGracePeriodSeconds: 55,
      nodeSelector: { 'kubernetes.io/os': 'linux', ...spec.nodeSelector },
      securityContext: { fsGroup, fsGroupChangePolicy: 'OnRootMismatch' },
      ...(affinity !== undefined && { affinity }),
      ...(spread.length > 0 && { topologySpreadConstraints: spread }),
      ...(spec.tolerations !== undefined && { tolerations: spec.tolerations }),
      ...(runtimeClassName !== undefined && { runtimeClassName }),
      containers: [registryContainer(parts)],
      volumes: [...storage.volumes, ...VOLUMES],
    },
  };
}

function registryContainer({ config, snapshot, storage, release }: DeploymentParts): object {
  const probe = { httpGet: { scheme: 'HTTPS', path: '/healthz', port: PORT }, timeoutSeconds: 5 };
  return {
    name: 'registry',
    image: release.registryImage,
    command: ['/bin/sh', '-c', startScript(release.registryCommand)],
    ports: [{ containerPort: PORT, protocol: 'TCP' }],
    resources: containerResources(config.spec.resources),
    securityContext: { readOnlyRootFilesystem: true },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    lifecycle: { preStop: { exec: { command: ['sleep', '25'] } } },
    livenessProbe: { ...probe, initialDelaySeconds: 5 },
    readinessProbe: { ...probe, initialDelaySeconds: 15 },
    env: registryEnv(config, storage, snapshot),
    volumeMounts: [...storage.mounts, ...MOUNTS],
  };
}

interface Overrides {
  annotations: Record<string, string>;
  runtimeClassName?: string;
}

/** `spec.unsupportedConfigOverrides.deployment`, as far as it is understood; see {@link overridesProblem}. */
function overridesOf({ unsupportedConfigOverrides }: ConfigSpec): Overrides {
  const deployment = asObject(unsupportedConfigOverrides?.['deployment']);
  const annotations = Object.entries(asObject(deployment['annotations'])).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const { runtimeClassName } = deployment;
  return {
    annotations: Object.fromEntries(annotations),
    ...(typeof runtimeClassName === 'string' && { runtimeClassName }),
  };
}

const asObject = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** What is wrong with `spec.unsupportedConfigOverrides`: the place, and the type that belongs there. */
export function overridesProblem({ unsupportedConfigOverrides: overrides }: ConfigSpec): string | undefined {
  const start = 'invalid unsupportedConfigOverrides: ';
  const deployment = overrides?.['deployment'];
  if (deployment === undefined || deployment === null) return undefined;
  if (!isJsonObject(deployment)) return `${start}deployment: expected an object`;
  const { annotations, runtimeClassName } = deployment;
  if (runtimeClassName !== undefined && typeof runtimeClassName !== 'string') {
    return `${start}deployment.runtimeClassName: expected a text`;
  }
  if (annotations === undefined || annotations === null) return undefined;
  if (!isJsonObject(annotations)) return `${start}deployment.annotations: expected an object of texts`;
  const wrong = Object.entries(annotations).find(([, value]) => typeof value !== 'string');
  return wrong && `${start}deployment.annotations.${wrong[0]}: expected a text, found ${JSON.stringify(wrong[1])}`;
}
