import { deletion, type Change } from '../changes/change.js';
import type { Config } from '../config/config.js';
import {
  CHECKSUM,
  HTTP_SECRET,
  NAMESPACE,
  PRIVATE_CONFIGURATION,
  PULL_SECRETS,
  REGISTRY,
  REGISTRY_BINDING,
  REGISTRY_ROLE,
  RESOURCES,
} from '../names.js';
import { ownRoutes } from '../operands/routes.js';
import type { Snapshot, Wanted } from '../snapshot.js';
import { isOwnClaim } from '../storage/claim.js';

export interface Removal {
  changes: Change[];
  /** Nothing is left, nor waits to be gone. */
  isDone: boolean;
  warnings: string[];
}

/** What the registry consists of, the last first (operator.md 4 and 7). */
const OBJECTS = [
  [RESOURCES.networkPolicies, `${REGISTRY}-networkpolicy`, NAMESPACE],
  [RESOURCES.disruptionBudgets, REGISTRY, NAMESPACE],
  [RESOURCES.deployments, REGISTRY, NAMESPACE],
  [RESOURCES.services, REGISTRY, NAMESPACE],
  [RESOURCES.secrets, HTTP_SECRET, NAMESPACE],
  [RESOURCES.secrets, PRIVATE_CONFIGURATION, NAMESPACE],
  [RESOURCES.secrets, PULL_SECRETS, NAMESPACE],
  [RESOURCES.serviceAccounts, 'registry', NAMESPACE],
  [RESOURCES.clusterRoleBindings, REGISTRY_BINDING, ''],
  [RESOURCES.clusterRoles, REGISTRY_ROLE, ''],
] as const;

/** Takes the registry away, and its storage only when the operator made it and manages it (operator.md 7, and 8, row 20). */
export function removal(config: Config, snapshot: Snapshot): Removal {
  const objects = OBJECTS.flatMap(([type, name, namespace]): Wanted[] => {
    const object = snapshot.find(type, name, namespace);
    // Without the mark of an operator, it is of somebody else.
    return object?.metadata.annotations?.[CHECKSUM] === undefined ? [] : [{ type, object }];
  });
  const claim = claimToDelete(config, snapshot);
  const all = [...ownRoutes(snapshot), ...objects, ...(claim === undefined ? [] : [claim])];
  return {
    changes: all
      .filter(({ object }) => object.metadata.deletionTimestamp === undefined)
      .map(({ type, object }) => deletion('registry', type, object)),
    isDone: all.length === 0,
    warnings: claim === undefined ? [] : [`claim ${claim.object.metadata.name} and all images in it are deleted`],
  };
}

/** The claim in use, if it has the operator's mark, and both what was applied and the specification say Managed. */
function claimToDelete({ spec, status }: Config, snapshot: Snapshot): Wanted | undefined {
  const applied = status?.storage;
  const name = applied?.pvc?.claim ?? '';
  if (name === '' || applied?.managementState !== 'Managed' || spec.storage?.managementState !== 'Managed')
    return undefined;
  const object = snapshot.find(RESOURCES.claims, name, NAMESPACE);
  return object !== undefined && isOwnClaim(object) ? { type: RESOURCES.claims, object } : undefined;
}
