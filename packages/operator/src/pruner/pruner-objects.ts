import { formatDuration, parseDuration } from '@longshore/kube';
import type { ImagePruner, LogLevel, PrunerSpec } from '../config/config.js';
import {
  NAMESPACE,
  PORT,
  PRUNER,
  PRUNER_BINDING,
  PRUNER_ROLE,
  REQUIRED_SCC,
  RESOURCES,
  SERVICE_CA,
  SERVICE_CA_KEY,
  SERVICE_HOST,
} from '../names.js';
import { containerResources } from '../operands/placement.js';
import { clusterRole, clusterRoleBinding, rule, serviceAccount, type Rule } from '../operands/rbac.js';
import { networkPolicy } from '../operands/service.js';
import type { Release } from '../release.js';
import type { Wanted } from '../snapshot.js';

const CA_FOLDER = '/var/run/configmaps/serviceca';
const LABELS = { app: PRUNER };
/** By which its jobs are known among others (operator.md 8, row 21). */
export const JOB_LABELS = { 'created-by': PRUNER } as const;

/** The exit code is that of the last try. */
const RETRY = 'for wait in 0 30 60 90 120 150; do sleep $wait; "$@" && exit 0; code=$?; done; exit $code';

/** Everything that prunes images, in the order in which it is made (operator.md 2.1). */
export function prunerObjects(pruner: ImagePruner, release: Release, prunesRegistry: boolean): Wanted[] {
  return [
    clusterRole(PRUNER_ROLE, PRUNER_RULES),
    clusterRoleBinding(PRUNER_BINDING, PRUNER_ROLE, 'pruner'),
    serviceAccount('pruner'),
    networkPolicy(`${PRUNER}-networkpolicy`, LABELS, { egress: [{}], policyTypes: ['Egress'] }),
    cronJob(pruner.spec, release, prunesRegistry),
  ];
}

const READ = ['get', 'list'];
const IMAGE = 'image.openshift.io';
/** What the pruner may do (operator.md 2.1). */
export const PRUNER_RULES: readonly Rule[] = [
  rule('', ['pods', 'replicationcontrollers'], READ),
  rule('', ['limitranges'], ['list']),
  rule('build.openshift.io', ['buildconfigs', 'builds'], READ),
  rule('apps.openshift.io', ['deploymentconfigs'], READ),
  rule('batch', ['jobs', 'cronjobs'], READ),
  rule('apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], READ),
  rule(IMAGE, ['images'], ['delete']),
  rule(IMAGE, ['images', 'imagestreams'], ['get', 'list', 'watch']),
  rule(IMAGE, ['imagestreams/status'], ['update']),
];

function cronJob(spec: PrunerSpec, { prunerImage, prunerCommand }: Release, prunesRegistry: boolean): Wanted {
  const container = {
    name: PRUNER,
    image: prunerImage,
    command: ['/bin/sh'],
    args: ['-c', RETRY, 'arg0', ...prunerCommand, ...pruneArguments(spec, prunesRegistry)],
    resources: containerResources(spec.resources),
    securityContext: { readOnlyRootFilesystem: true },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: SERVICE_CA, mountPath: CA_FOLDER, readOnly: true }],
  };
  const podSpec = {
    restartPolicy: 'Never',
    serviceAccountName: 'pruner',
    priorityClassName: 'system-cluster-critical',
    ...(spec.affinity !== undefined && { affinity: spec.affinity }),
    ...(spec.nodeSelector !== undefined && { nodeSelector: spec.nodeSelector }),
    ...(spec.tolerations !== undefined && { tolerations: spec.tolerations }),
    containers: [container],
    volumes: [{ name: SERVICE_CA, configMap: { name: SERVICE_CA } }],
  };
  const template = { metadata: { labels: LABELS, annotations: { [REQUIRED_SCC]: 'restricted-v2' } }, spec: podSpec };
  return {
    type: RESOURCES.cronJobs,
    object: {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: PRUNER, namespace: NAMESPACE },
      spec: {
        schedule: spec.schedule || '0 0 * * *',
        suspend: spec.suspend ?? false,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
        failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 3,
        jobTemplate: { metadata: { labels: { ...JOB_LABELS } }, spec: { backoffLimit: 0, template } },
      },
    },
  };
}

const LOG_LEVELS: Readonly<Record<LogLevel, number>> = { '': 1, Normal: 1, Debug: 4, Trace: 6, TraceAll: 8 };

function pruneArguments(spec: PrunerSpec, prunesRegistry: boolean): string[] {
  return [
    'adm',
    'prune',
    'images',
    '--confirm=true',
    `--certificate-authority=${CA_FOLDER}/${SERVICE_CA_KEY}`,
    `--keep-tag-revisions=${spec.keepTagRevisions ?? 3}`,
    `--keep-younger-than=${keepYoungerThan(spec)}`,
    `--ignore-invalid-refs=${spec.ignoreInvalidImageReferences ?? false}`,
    `--loglevel=${LOG_LEVELS[spec.logLevel ?? '']}`,
    ...(prunesRegistry
      ? ['--prune-registry=true', `--registry-url=https://${SERVICE_HOST}:${PORT}`]
      : ['--prune-registry=false']),
  ];
}

function keepYoungerThan({ keepYoungerThanDuration, keepYoungerThan }: PrunerSpec): string {
  if (keepYoungerThanDuration !== undefined) return formatDuration(parseDuration(keepYoungerThanDuration));
  return keepYoungerThan === undefined ? '60m' : formatDuration(BigInt(keepYoungerThan));
}
