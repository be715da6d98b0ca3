import type { KubeObject, ResourceType } from '@longshore/kube';
import type { Change, Part } from '../changes/change.js';
import type { Config } from '../config/config.js';
import type { Failure } from '../failure.js';
import { REGISTRY, RESOURCES } from '../names.js';
import { NODE_CA } from '../operands/node-ca.js';
import type { Release } from '../release.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import type { StorageDecision } from '../storage/decide-storage.js';
import type { StorageFacts } from '../storage/storage-facts.js';
import type { Removal } from './removal.js';

/** Everything that a decision depends on. */
export interface DecideInput {
  config: KubeObject | undefined;
  pruner: KubeObject | undefined;
  snapshot: Snapshot;
  storage: StorageFacts;
  now: Date;
  random: { httpSecret: string };
  release: Release;
  /** Generations that writes of the operator have led to, by address; those of before its start are in the status. */
  written?: ReadonlyMap<string, number>;
  /** What went wrong with the writes of this pass. */
  failures?: ReadonlyMap<Part, string>;
  /** The operator can have a serving certificate issued where the cluster does not. */
  issuesCertificates?: boolean;
  /** Alerts that are only to inform are wanted, too. */
  optionalAlerts?: boolean;
}

/** The status that an object should have. */
export interface StatusWrite {
  type: ResourceType;
  /** With its new status; without resource version when it must be made first. */
  object: KubeObject;
}

/** What is to become of the registry itself. */
export interface RegistryPlan {
  storage?: StorageDecision;
  failure?: Failure | undefined;
  wanted: Wanted[];
  changes: Change[];
  removal?: Removal;
  nextSteps: string[];
  warnings: string[];
}

/** What was decided, before it is told in statuses. */
export interface Outcome {
  input: DecideInput;
  config: Config | undefined;
  registry: RegistryPlan;
  certificatesProblem: string | undefined;
  changes: Change[];
  isManaged: boolean;
  hasService: boolean;
  stamped: { part: Part; wanted: Wanted[] }[];
}

/** Workloads of which any change that is not the operator's own is undone. */
export const WATCHED = [
  { type: RESOURCES.deployments, resource: RESOURCES.deployments.resource, name: REGISTRY },
  { type: RESOURCES.daemonSets, resource: RESOURCES.daemonSets.resource, name: NODE_CA },
];
