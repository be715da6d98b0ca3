import { hostname } from 'node:os';

const ALWAYS = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'openshift',
  'openshift.default',
  'openshift.default.svc',
  'openshift.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
];

/** The names under which the API server is reached: those of every cluster, this machine's, and further ones. */
export function servingNames(further: readonly string[] = [], host = hostname()): string[] {
  return [...new Set([...ALWAYS, host.toLowerCase(), ...further.map((name) => name.toLowerCase())])].filter(isName);
}

/** Whether a certificate can hold it. */
function isName(name: string): boolean {
  return /^[a-z0-9*]([a-z0-9.*-]{0,252}[a-z0-9])?$/.test(name) || name.includes(':');
}
