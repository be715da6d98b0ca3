import { formatDuration, parseDuration, type KubeObject } from '@longshore/kube';
import type { Config, ConfigSpec, RequestLimits } from '../config/config.js';
import { CLUSTER, HTTP_SECRET, HTTP_SECRET_KEY, PORT, RESOURCES, SERVICE_HOST } from '../names.js';
import type { Snapshot } from '../snapshot.js';
import type { EnvVar, PodStorage } from '../storage/pod-storage.js';
import { tlsProfile } from './tls-profile.js';

interface Proxy extends KubeObject {
  status?: { httpProxy?: string; httpsProxy?: string; noProxy?: string };
}

const variable = (name: string, value: string): EnvVar => ({ name, value });

/** The environment of the registry, in the order of operator.md 4.1. */
export function registryEnv({ spec }: Config, storage: PodStorage, snapshot: Snapshot): EnvVar[] {
  return [
    ...storage.env,
    variable('REGISTRY_HTTP_ADDR', `:${PORT}`),
    variable('REGISTRY_HTTP_NET', 'tcp'),
    { name: 'REGISTRY_HTTP_SECRET', valueFrom: { secretKeyRef: { name: HTTP_SECRET, key: HTTP_SECRET_KEY } } },
    variable('REGISTRY_LOG_LEVEL', logLevel(spec)),
    variable('REGISTRY_OPENSHIFT_QUOTA_ENABLED', 'true'),
    variable('REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR', 'inmemory'),
    variable('REGISTRY_STORAGE_DELETE_ENABLED', 'true'),
    variable('REGISTRY_HEALTH_STORAGEDRIVER_ENABLED', 'true'),
    variable('REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL', '10s'),
    variable('REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD', '1'),
    variable('REGISTRY_OPENSHIFT_METRICS_ENABLED', 'true'),
    variable('REGISTRY_OPENSHIFT_SERVER_ADDR', `${SERVICE_HOST}:${PORT}`),
    ...(spec.readOnly === true ? [variable('REGISTRY_STORAGE_MAINTENANCE_READONLY', '{enabled: true}')] : []),
    ...(spec.disableRedirect === true ? [variable('REGISTRY_STORAGE_REDIRECT_DISABLE', 'true')] : []),
    ...proxyEnv(spec, snapshot),
    ...limitsEnv('READ', spec.requests?.read),
    ...limitsEnv('WRITE', spec.requests?.write),
    ...tlsEnv(snapshot),
  ];
}

/** `logging` counts only where logLevel says no more than Normal. */
function logLevel({ logLevel: level = 'Normal', logging = 0 }: ConfigSpec): string {
  if (level !== '' && level !== 'Normal') return 'debug';
  if (logging === 1) return 'warn';
  return [0, 2, 3].includes(logging) ? 'info' : 'debug';
}

function proxyEnv({ proxy = {} }: ConfigSpec, snapshot: Snapshot): EnvVar[] {
  const { status = {} } = snapshot.find<Proxy>(RESOURCES.proxies, CLUSTER) ?? {};
  const values = [
    ['HTTP_PROXY', proxy.http || status.httpProxy],
    ['HTTPS_PROXY', proxy.https || status.httpsProxy],
    ['NO_PROXY', proxy.noProxy || status.noProxy],
  ] as const;
  return values.flatMap(([name, value]) => (value ? [variable(name, value)] : []));
}

function limitsEnv(side: 'READ' | 'WRITE', limits: RequestLimits = {}): EnvVar[] {
  const { maxRunning = 0, maxInQueue = 0, maxWaitInQueue = '0s' } = limits;
  if (maxRunning === 0 && maxInQueue === 0) return [];
  const prefix = `REGISTRY_OPENSHIFT_REQUESTS_${side}`;
  return [
    variable(`${prefix}_MAXRUNNING`, String(maxRunning)),
    variable(`${prefix}_MAXINQUEUE`, String(maxInQueue)),
    variable(`${prefix}_MAXWAITINQUEUE`, formatDuration(parseDuration(maxWaitInQueue))),
  ];
}

function tlsEnv(snapshot: Snapshot): EnvVar[] {
  const { minTLSVersion, cipherSuites } = tlsProfile(snapshot);
  return [
    variable('REGISTRY_HTTP_TLS_CERTIFICATE', '/etc/secrets/tls.crt'),
    variable('REGISTRY_HTTP_TLS_KEY', '/etc/secrets/tls.key'),
    variable('REGISTRY_HTTP_TLS_MINVERSION', minTLSVersion),
    variable('OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES', cipherSuites.join(',')),
  ];
}
