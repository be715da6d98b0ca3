import type { KubeObject } from '@longshore/kube';
import type { ConfigSpec } from '../config/config.js';
import {
  CLUSTER_PULL_SECRET,
  CONFIG_NAMESPACE,
  HTTP_SECRET,
  HTTP_SECRET_KEY,
  NAMESPACE,
  PRIVATE_CONFIGURATION,
  PULL_SECRETS,
  RESOURCES,
} from '../names.js';
import type { Snapshot, Wanted } from '../snapshot.js';

export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (data: string | undefined) => (data === undefined ? undefined : Buffer.from(data, 'base64').toString());

function secret(
  name: string,
  type: string,
  data: Record<string, string>,
  annotations?: Record<string, string>,
): Wanted {
  const metadata = { name, namespace: NAMESPACE, ...(annotations !== undefined && { annotations }) };
  return { type: RESOURCES.secrets, object: { apiVersion: 'v1', kind: 'Secret', metadata, type, data } };
}

/** What the driver of the storage needs to know and others must not (operator.md 4.2). */
export function privateConfiguration(values: Record<string, string>): Wanted {
  const data = Object.entries(values).map(([key, value]) => [key, encode(value)]);
  return secret(PRIVATE_CONFIGURATION, 'Opaque', Object.fromEntries(data) as Record<string, string>);
}

/** Where the value of the Secret is from. */
const SOURCE = 'imageregistry.operator.openshift.io/http-secret-source';

/**
 * The secret by which replicas trust each other's uploads: that of the specification, else a random one that stays. Emptied in
 * the specification, it becomes a new one.
 */
export function httpSecret({ httpSecret: given = '' }: ConfigSpec, snapshot: Snapshot, random: string): Wanted {
  const known = snapshot.find<Secret>(RESOURCES.secrets, HTTP_SECRET, NAMESPACE);
  const wasGiven = known?.metadata.annotations?.[SOURCE] === 'spec';
  const kept = wasGiven ? undefined : decode(known?.data?.[HTTP_SECRET_KEY]) || undefined;
  const [value, source] = given === '' ? [kept ?? random, 'random'] : [given, 'spec'];
  return secret(HTTP_SECRET, 'Opaque', { [HTTP_SECRET_KEY]: encode(value) }, { [SOURCE]: source });
}

const DOCKER_CONFIG = '.dockerconfigjson';

/** The pull secret of the cluster, by which the registry pulls through. None where the cluster has none. */
export function pullSecrets(snapshot: Snapshot): Wanted[] {
  const source = snapshot.find<Secret>(RESOURCES.secrets, CLUSTER_PULL_SECRET, CONFIG_NAMESPACE);
  const config = source?.data?.[DOCKER_CONFIG];
  if (config === undefined) return [];
  return [secret(PULL_SECRETS, 'kubernetes.io/dockerconfigjson', { [DOCKER_CONFIG]: config })];
}
