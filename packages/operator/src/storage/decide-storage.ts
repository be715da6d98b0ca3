import type { Condition } from '@longshore/kube';
import { platformDefaults } from '../bootstrap.js';
import type { Config, Storage } from '../config/config.js';
import type { Failure } from '../failure.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import { azureStorage, isAzureCloud } from './azure.js';
import { BACKEND_NAMES, backendsOf, unitOf } from './backend.js';
import { decideClaim } from './claim.js';
import { filesystemStorage } from './filesystem.js';
import { gcsStorage } from './gcs.js';
import type { PodStorage } from './pod-storage.js';
import { ibmStorage, s3Storage } from './s3.js';
import type { StorageFacts } from './storage-facts.js';
import { swiftStorage } from './swift.js';

export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/** Where images are to be kept, and what that takes. */
export interface StorageDecision {
  /** What `spec.storage` should say: the user's wish, and what the operator fills in. */
  spec: Storage;
  /** What the pods use: with the name of the claim, also before it is in the specification. */
  used: Storage;
  pod?: PodStorage;
  claim?: Wanted;
  isExclusive: boolean;
  conditions: NewCondition[];
  failure?: Failure;
  nextSteps: string[];
  warnings: string[];
}

/** Decides on storage (operator.md 5.1, and 8, rows 3, 4, 9 and 20). */
export function decideStorage(config: Config, snapshot: Snapshot, facts: StorageFacts): StorageDecision {
  const wish = withPlatform(config.spec.storage ?? {}, snapshot, facts);
  const [backend, ...others] = backendsOf(wish);
  if (backend === undefined) {
    const nextSteps = [
      'say where images are to be kept: kubectl patch configs.imageregistry.operator.openshift.io/cluster --type merge -p \'{"spec":{"storage":{"pvc":{"claim":""}}}}\'',
    ];
    return failed(wish, { message: 'storage backend not configured', permanent: 'StorageNotConfigured' }, nextSteps);
  }
  if (others.length > 0) return failed(wish, severalBackends([backend, ...others]), [REMOVE_ONE]);
  const problem = invalidStorage(wish);
  if (problem !== undefined) return failed(wish, { message: problem, permanent: 'VerificationFailed' });
  const decision = backendDecision(wish, config.spec.replicas, snapshot, facts);
  const managementState = managementStateOf(wish, decision.used, config.status?.storage);
  return {
    ...decision,
    spec: { ...decision.spec, managementState },
    used: { ...decision.used, managementState },
    warnings: [...decision.warnings, ...switchWarnings(decision.used, config.status?.storage)],
  };
}

const REMOVE_ONE =
  'remove all backends but one from spec.storage: a merge patch keeps the old one unless it sets it to null';

function severalBackends(backends: (keyof typeof BACKEND_NAMES)[]): Failure {
  const names = backends.map((backend) => BACKEND_NAMES[backend]).join(' ');
  const message = `exactly one storage type should be configured at the same time, got ${backends.length}: [${names}]`;
  return { message, permanent: 'VerificationFailed' };
}

function failed(spec: Storage, failure: Failure, nextSteps: string[] = []): StorageDecision {
  return { spec, used: spec, isExclusive: false, conditions: [], failure, nextSteps, warnings: [] };
}

function withPlatform(storage: Storage, snapshot: Snapshot, facts: StorageFacts): Storage {
  if (backendsOf(storage).length > 0) return storage;
  return { ...storage, ...platformDefaults(snapshot, facts).storage };
}

/** What no definition of the API checks. */
function invalidStorage({ s3, swift, azure }: Storage): string | undefined {
  const endpoint = s3?.regionEndpoint ?? '';
  if (endpoint !== '' && !/^https?:\/\/[^/]/.test(endpoint)) {
    return `spec.storage.s3.regionEndpoint: expected an address such as https://minio.example.com, found ${JSON.stringify(endpoint)}`;
  }
  if (swift?.authVersion && !/^\d{1,3}$/.test(swift.authVersion)) {
    return `spec.storage.swift.authVersion: expected a number, found ${JSON.stringify(swift.authVersion)}`;
  }
  if (!isAzureCloud(azure?.cloudName ?? '')) {
    return `spec.storage.azure.cloudName: Azure has no cloud ${JSON.stringify(azure?.cloudName)}`;
  }
  return undefined;
}

function backendDecision(wish: Storage, replicas: number, snapshot: Snapshot, facts: StorageFacts): StorageDecision {
  const ready = { spec: wish, used: wish, isExclusive: false, conditions: [], nextSteps: [], warnings: [] };
  if (wish.emptyDir !== undefined) return { ...ready, ...emptyDir(replicas) };
  if (wish.pvc !== undefined) return claimStorage(wish, wish.pvc.claim ?? '', replicas, snapshot);
  const pod = outsideStorage(wish, facts);
  if (pod !== undefined) return { ...ready, pod, conditions: [driverMissing(false, '')] };
  const name = backendsOf(wish)
    .map((backend) => BACKEND_NAMES[backend])
    .join();
  const message = `there is no driver for ${name} storage`;
  return {
    ...failed(wish, { message, permanent: 'StorageDriverMissing' }, ['use spec.storage.pvc for now']),
    conditions: [driverMissing(true, message)],
  };
}

function driverMissing(isMissing: boolean, message: string): NewCondition {
  const reason = isMissing ? 'StorageDriverMissing' : 'AsExpected';
  return { type: 'StorageDriverMissing', status: isMissing ? 'True' : 'False', reason, message };
}

function emptyDir(replicas: number): Partial<StorageDecision> {
  if (replicas > 1) {
    const message = 'emptyDir storage is of one pod only: spec.replicas must be 0 or 1';
    return {
      failure: { message, permanent: 'VerificationFailed' },
      nextSteps: ['set spec.replicas to 1, or use spec.storage.pvc'],
    };
  }
  const message = 'EmptyDir storage successfully created';
  return {
    pod: filesystemStorage({ emptyDir: {} }),
    conditions: [{ type: 'StorageExists', status: 'True', reason: 'CreationSuccessful', message }],
    warnings: ['emptyDir: all images are lost whenever the pod of the registry is replaced'],
  };
}

function claimStorage(wish: Storage, requested: string, replicas: number, snapshot: Snapshot): StorageDecision {
  const { name, exists, problem, create, isExclusive, nextSteps } = decideClaim(snapshot, requested, replicas);
  const named = { ...wish, pvc: { claim: name } };
  const conditions: NewCondition[] = [{ type: 'StorageExists', ...exists }];
  if (problem !== undefined) {
    const message = `unable to sync storage configuration: ${problem}`;
    return { ...failed(wish, { message }, nextSteps), conditions };
  }
  return {
    // The name is written only once the claim is there and known to be ours.
    spec: create === undefined ? named : wish,
    used: named,
    pod: filesystemStorage({ persistentVolumeClaim: { claimName: name } }),
    ...(create !== undefined && { claim: create }),
    isExclusive,
    conditions,
    nextSteps,
    warnings: [],
  };
}

function outsideStorage({ s3, gcs, swift, azure, ibmcos }: Storage, facts: StorageFacts): PodStorage | undefined {
  if (s3 !== undefined) return facts.s3 && s3Storage(s3, facts.s3);
  if (gcs !== undefined) return facts.gcs && gcsStorage(gcs, facts.gcs);
  if (swift !== undefined) return facts.swift && swiftStorage(swift, facts.swift);
  if (azure !== undefined) return facts.azure && azureStorage(azure, facts.azure);
  return ibmcos && facts.ibmcos && ibmStorage(ibmcos, facts.ibmcos);
}

/** Once set, only users change it; with another bucket or claim it begins anew, unless they set it in the same edit. */
function managementStateOf(wish: Storage, used: Storage, applied: Storage | undefined): 'Managed' | 'Unmanaged' {
  const appliedUnit = unitOf(applied);
  const isCarriedOver =
    appliedUnit !== undefined && appliedUnit !== unitOf(used) && wish.managementState === applied?.managementState;
  if (wish.managementState !== undefined && !isCarriedOver) return wish.managementState;
  const isOwn = wish.emptyDir !== undefined || (wish.pvc !== undefined && (wish.pvc.claim ?? '') === '');
  return isOwn ? 'Managed' : 'Unmanaged';
}

function switchWarnings(used: Storage, applied: Storage | undefined): string[] {
  const [from, to] = [unitOf(applied), unitOf(used)];
  if (from === undefined || from === to) return [];
  return [`images in ${from} are not copied to ${to ?? 'the new store'}: copy them, or push them again`];
}
