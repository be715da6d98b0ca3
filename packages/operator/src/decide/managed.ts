import type { Failure } from '../failure.js';
import type { Config } from '../config/config.js';
import { NAMESPACE, RESOURCES } from '../names.js';
import { registryDeployment } from '../operands/deployment.js';
import { registryAccess } from '../operands/rbac.js';
import { registryRoutes } from '../operands/routes.js';
import { httpSecret, privateConfiguration, pullSecrets } from '../operands/secrets.js';
import { disruptionBudget, registryNetworkPolicy, registryService } from '../operands/service.js';
import type { Release } from '../release.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import type { StorageDecision } from '../storage/decide-storage.js';
import { dependenciesChecksum } from './dependencies.js';

export interface ManagedParts {
  config: Config;
  snapshot: Snapshot;
  storage: StorageDecision;
  /** Config maps with certificates, as they will be. */
  certificates: readonly Wanted[];
  release: Release;
  /** For the secret by which replicas trust each other, if there is none. */
  random: string;
}

export interface ManagedRegistry {
  wanted: Wanted[];
  failures: Failure[];
  nextSteps: string[];
}

/** All objects of a registry that runs, in the order in which they are made (operator.md 4). */
export function managedRegistry(parts: ManagedParts): ManagedRegistry {
  const { config, snapshot, storage, certificates, release } = parts;
  const { pod, claim, isExclusive } = storage;
  if (pod === undefined) return { wanted: [], failures: [], nextSteps: [] };
  const fsGroup = fsGroupOf(snapshot);
  if (fsGroup === undefined) return { wanted: [], failures: [NO_FS_GROUP], nextSteps: [] };
  const secrets = [
    ...pullSecrets(snapshot),
    privateConfiguration(pod.secret),
    httpSecret(config.spec, snapshot, parts.random),
  ];
  const dependencies = dependenciesChecksum(pod, [...certificates, ...secrets], snapshot);
  const routes = registryRoutes(config.spec, snapshot);
  const wanted = [
    ...(claim === undefined ? [] : [claim]),
    ...registryAccess(),
    ...secrets,
    registryService(),
    registryDeployment({ config, snapshot, storage: pod, isExclusive, dependencies, fsGroup, release }),
    disruptionBudget(config.spec.replicas),
    registryNetworkPolicy(),
    ...routes.wanted,
  ];
  return { wanted, failures: routes.failures, nextSteps: routes.nextSteps };
}

const SUPPLEMENTAL_GROUPS = 'openshift.io/sa.scc.supplemental-groups';
const NO_FS_GROUP: Failure = {
  message: `unable to apply objects: annotation ${SUPPLEMENTAL_GROUPS} of namespace ${NAMESPACE} is no range of groups such as 1000430000/10000`,
};
/** Where no range is given: that of nobody in particular. */
const DEFAULT_FS_GROUP = 65532;

function fsGroupOf(snapshot: Snapshot): number | undefined {
  const namespace = snapshot.find(RESOURCES.namespaces, NAMESPACE);
  const range = namespace?.metadata.annotations?.[SUPPLEMENTAL_GROUPS];
  if (range === undefined) return DEFAULT_FS_GROUP;
  const group = /^(\d{1,10})\/\d{1,10}$/.exec(range)?.[1];
  return group === undefined ? undefined : Number(group);
}
