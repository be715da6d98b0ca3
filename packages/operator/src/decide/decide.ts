import { isJsonObject, type Condition, type KubeObject } from '@longshore/kube';
import { bootstrapConfig, bootstrapPruner } from '../bootstrap.js';
import { changeFor, deletion, type Change, type Part } from '../changes/change.js';
import { stamp } from '../changes/stamp.js';
import type { Config, ImagePruner } from '../config/config.js';
import type { Failure } from '../failure.js';
import { DRY_RUN, NAMESPACE, REGISTRY, RESOURCES, SERVICE_HOST, TLS_SECRET } from '../names.js';
import { monitoring } from '../monitoring/monitoring-objects.js';
import { certificateMaps } from '../operands/certificates.js';
import { nodeCa } from '../operands/node-ca.js';
import { obsoleteRoutes, ownRoutes } from '../operands/routes.js';
import { tlsProfile } from '../operands/tls-profile.js';
import { prunerConditions } from '../pruner/pruner-conditions.js';
import { prunerObjects } from '../pruner/pruner-objects.js';
import { addressOfObject, type Snapshot, type Wanted } from '../snapshot.js';
import { nextSteps } from '../status/next-steps.js';
import { nodeCaConditions } from '../status/node-ca-conditions.js';
import {
  nextChange,
  registryConditions,
  type Deployment,
  type RegistryState,
  type Route,
} from '../status/registry-conditions.js';
import { setConditions } from '../status/set-conditions.js';
import { decideStorage, type NewCondition, type StorageDecision } from '../storage/decide-storage.js';
import { factsOf, type Facts } from './facts.js';
import { managedRegistry } from './managed.js';
import { WATCHED, type DecideInput, type Outcome, type RegistryPlan, type StatusWrite } from './outcome.js';
import { removal } from './removal.js';
import { needsCertificate } from './serving-certificate.js';
import { specPatch, withoutFinalizer } from './spec-patch.js';
import { statusWrites } from './statuses.js';
import { droppedFields, prunerProblem, verify } from './verify.js';

export interface Decision {
  /** What should be, whether or not it is there. */
  objects: Wanted[];
  /** What must be written, in this order. */
  changes: Change[];
  /** Statuses that must be written, after the changes. */
  statuses: StatusWrite[];
  conditions: Condition[];
  nextSteps: string[];
  /** Where data may be lost. */
  warnings: string[];
  needsCertificate: boolean;
  /** The user only wants to see the plan. */
  isDryRun: boolean;
  facts: Facts;
  /** Milliseconds after which time alone may lead to another decision. */
  recheckMs?: number;
}

const NOTHING: RegistryPlan = { wanted: [], changes: [], nextSteps: [], warnings: [] };

/**
 * Decides what should be in the cluster, from the custom resources and everything that the operator sees. Pure: the same input
 * gives the same decision, and nothing is changed. Never throws for what a cluster may hold.
 */
export function decide(input: DecideInput): Decision {
  const { snapshot, now } = input;
  const invalid = input.config === undefined ? undefined : verify(input.config);
  const config = input.config && readable(input.config);
  const isManaged = invalid === undefined && config?.spec.managementState === 'Managed' && !isDeleted(config);
  const storage = isManaged ? decideStorage(config, snapshot, input.storage) : undefined;
  const hasService = willHaveService(config, snapshot, storage);
  const certificates = certificateMaps({
    snapshot,
    hasService,
    storageBundle: storage?.pod?.caBundle,
    disableRedirect: config?.spec.disableRedirect === true,
  });
  const registry = registryPlan(input, config, invalid, storage, certificates.wanted);
  const parts: [Part, Wanted[]][] = [
    ['config', config === undefined ? bootstrapConfig(snapshot, input.storage) : []],
    ['config', input.pruner === undefined ? [bootstrapPruner()] : []],
    ['certificates', certificates.wanted],
    ['registry', registry.wanted],
    ['nodeCa', nodeCa(input.release, snapshot)],
    ['pruner', prunerPlan(input, isManaged && hasService)],
    ['monitoring', monitoring(snapshot, input.optionalAlerts === true)],
  ];
  const stamped = parts.map(([part, wanted]) => ({
    part,
    wanted: wanted.map((one) => withGeneration(stamp(one), input, config)),
  }));
  const changes = [
    ...registry.changes,
    ...stamped.flatMap(({ part, wanted }) => wanted.flatMap((one) => changeFor(part, one, snapshot) ?? [])),
  ];
  const outcome: Outcome = {
    input,
    config,
    registry,
    certificatesProblem: certificates.problem,
    changes,
    isManaged,
    hasService,
    stamped,
  };
  return finish(outcome, isManaged && needsCertificate(snapshot, now));
}

/** With a specification that can be looked into, also when there is none. */
function readable(config: KubeObject): Config {
  const { spec } = config;
  return { ...config, spec: isJsonObject(spec) ? (spec as unknown as Config['spec']) : { replicas: 1 } };
}

const isDeleted = ({ metadata }: Config) => metadata.deletionTimestamp !== undefined;

function willHaveService(
  config: Config | undefined,
  snapshot: Snapshot,
  storage: StorageDecision | undefined,
): boolean {
  if (storage !== undefined && storage.failure === undefined) return true;
  const live = snapshot.find(RESOURCES.services, REGISTRY, NAMESPACE);
  const isRemoved = config === undefined || isDeleted(config) || config.spec.managementState === 'Removed';
  return live !== undefined && live.metadata.deletionTimestamp === undefined && !isRemoved;
}

function registryPlan(
  input: DecideInput,
  config: Config | undefined,
  invalid: Failure | undefined,
  storage: StorageDecision | undefined,
  certificates: readonly Wanted[],
): RegistryPlan {
  const { snapshot, release } = input;
  if (config === undefined) return NOTHING;
  if (invalid !== undefined && !isDeleted(config)) return { ...NOTHING, failure: invalid };
  if (isDeleted(config)) {
    const gone = removal(config, snapshot);
    return {
      ...NOTHING,
      removal: gone,
      changes: gone.isDone ? [withoutFinalizer(config)] : gone.changes,
      warnings: gone.warnings,
    };
  }
  const patch = specPatch(config, storage?.spec, tlsProfile(snapshot));
  const patches = patch === undefined ? [] : [patch];
  if (config.spec.managementState === 'Removed') {
    const gone = removal(config, snapshot);
    return { ...NOTHING, removal: gone, changes: [...patches, ...gone.changes], warnings: gone.warnings };
  }
  if (storage === undefined) return { ...NOTHING, changes: patches };
  const random = input.random.httpSecret;
  const { wanted, failures, nextSteps } = managedRegistry({ config, snapshot, storage, certificates, release, random });
  const obsolete = storage.failure === undefined ? obsoleteRoutes(config.spec, snapshot) : [];
  return {
    storage,
    failure: storage.failure ?? failures[0],
    wanted,
    changes: [...patches, ...obsolete.map(({ type, object }) => deletion('registry', type, object))],
    nextSteps: [...storage.nextSteps, ...nextSteps],
    warnings: storage.warnings,
  };
}

/** Workloads are watched more closely: any change of their specification that is not ours is undone. */
function withGeneration(wanted: Wanted, { written }: DecideInput, config: Config | undefined): Wanted {
  const { type, object } = wanted;
  const isWatched = WATCHED.some((one) => one.resource === type.resource && one.name === object.metadata.name);
  if (!isWatched) return wanted;
  const recorded = config?.status?.generations?.find(
    ({ resource, name }) => resource === type.resource && name === object.metadata.name,
  );
  return { ...wanted, generation: written?.get(addressOfObject(type, object)) ?? recorded?.lastGeneration };
}

function prunerPlan({ pruner, release }: DecideInput, prunesRegistry: boolean): Wanted[] {
  if (pruner === undefined || prunerProblem(pruner) !== undefined) return [];
  return prunerObjects(pruner as ImagePruner, release, prunesRegistry);
}

function finish(outcome: Outcome, needsCertificate: boolean): Decision {
  const { input, config, registry, changes, stamped } = outcome;
  const { snapshot, now, failures } = input;
  const applyFailure = failures?.get('registry') ?? failures?.get('config');
  const failure = registry.failure ?? (applyFailure === undefined ? undefined : { message: applyFailure });
  const state: RegistryState | undefined = config && {
    config,
    deployment: snapshot.find<Deployment>(RESOURCES.deployments, REGISTRY, NAMESPACE),
    routes: ownRoutes(snapshot).map(({ object }) => object as Route),
    failure,
    now,
  };
  const isDryRun = config?.metadata.annotations?.[DRY_RUN] === 'true';
  const fresh = [...(state === undefined ? [] : registryConditions(state)), ...sideConditions(outcome)];
  const conditions = setConditions(config?.status?.conditions, fresh, now);
  const steps =
    config === undefined
      ? []
      : nextSteps(config, failure, [
          ...registry.nextSteps,
          ...(needsCertificate && input.issuesCertificates !== true ? [MAKE_CERTIFICATE] : []),
          ...droppedFields(config),
        ]);
  const ofPruner = prunerStatusConditions(outcome);
  const statuses = statusWrites(outcome, { fresh, conditions, ofPruner, nextSteps: steps, isDryRun });
  const recheckMs = state && nextChange(state, conditions);
  return {
    objects: stamped.flatMap(({ wanted }) => wanted),
    changes,
    statuses,
    conditions,
    nextSteps: steps,
    warnings: registry.warnings,
    needsCertificate,
    isDryRun,
    facts: factsOf(config, snapshot),
    ...(recheckMs !== undefined && { recheckMs }),
  };
}

const MAKE_CERTIFICATE = `make the Secret ${TLS_SECRET} in ${NAMESPACE} with tls.crt, tls.key and ca.crt for ${SERVICE_HOST}, by cert-manager for example`;

function sideConditions({ input, registry, certificatesProblem, stamped }: Outcome): NewCondition[] {
  const { snapshot, failures } = input;
  const monitored = stamped.some(({ part, wanted }) => part === 'monitoring' && wanted.length > 0);
  return [
    ...(registry.storage?.conditions ?? []),
    controllerCondition(
      'ImageRegistryCertificatesControllerDegraded',
      certificatesProblem ?? failures?.get('certificates'),
    ),
    controllerCondition('NodeCADaemonControllerDegraded', failures?.get('nodeCa')),
    controllerCondition('ImageConfigControllerDegraded', failures?.get('status')),
    ...(monitored ? [controllerCondition('MonitoringControllerDegraded', failures?.get('monitoring'))] : []),
    ...nodeCaConditions(snapshot),
  ];
}

function controllerCondition(type: string, problem: string | undefined): NewCondition {
  if (problem === undefined) return { type, status: 'False', reason: 'AsExpected', message: '' };
  return { type, status: 'True', reason: 'Error', message: problem };
}

function prunerStatusConditions({ input, config, isManaged, hasService }: Outcome): NewCondition[] {
  const { snapshot, failures, pruner } = input;
  if (pruner === undefined) return [];
  const isPruned = isManaged && hasService;
  const state = config?.spec.managementState || 'empty';
  const registry = isPruned
    ? { isPruned, reason: 'AsExpected', message: 'Runs prune the content of the registry, too' }
    : { isPruned, reason: 'RegistryNotManaged', message: `Runs prune objects only, as managementState is ${state}` };
  return prunerConditions({ snapshot, registry, problem: prunerProblem(pruner) ?? failures?.get('pruner') });
}
