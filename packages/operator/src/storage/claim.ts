import type { KubeObject } from '@longshore/kube';
import { defaultClaim } from '../bootstrap.js';
import { DEFAULT_CLAIM, NAMESPACE, OWNED, RESOURCES } from '../names.js';
import type { Snapshot, Wanted } from '../snapshot.js';

export interface Claim extends KubeObject {
  spec?: { accessModes?: string[]; volumeMode?: string };
  status?: { phase?: string };
}

/** What follows from a claim that the registry is to use (operator.md 5.8 and the matrix of 9.4). */
export interface ClaimDecision {
  name: string;
  /** For the condition `StorageExists`. */
  exists: { status: 'True' | 'False'; reason: string; message: string };
  /** Why it cannot be used. */
  problem?: string;
  create?: Wanted;
  /** Only one pod at a time can have it. */
  isExclusive: boolean;
  nextSteps: string[];
}

/** Claims that the operator made, by their mark: only these may it delete. */
export function isOwnClaim(claim: KubeObject | undefined): boolean {
  return claim?.metadata.annotations?.[OWNED] === 'true';
}

/** `requested`: `spec.storage.pvc.claim`; empty when the operator is to make one. */
export function decideClaim(snapshot: Snapshot, requested: string, replicas: number): ClaimDecision {
  const name = requested === '' ? DEFAULT_CLAIM : requested;
  const claim = snapshot.find<Claim>(RESOURCES.claims, name, NAMESPACE);
  if (claim === undefined) return requested === '' ? created(name) : refused(name, notFound(name), NEW_CLAIM);
  if (requested === '' && !isOwnClaim(claim)) {
    const problem = 'could not create default PVC, it already exists and is not owned by the operator';
    const message = `PVC Already Exists: ${problem}`;
    return {
      ...refused(name, problem, `to use the claim ${name} as it is, set spec.storage.pvc.claim to its name`),
      exists: { status: 'False', reason: 'PVCAlreadyExists', message },
    };
  }
  const problem = unusable(claim, name, replicas);
  if (problem !== undefined) return refused(name, ...problem);
  const isBound = claim.status?.phase === 'Bound';
  return {
    name,
    exists: { status: 'True', reason: 'PVCExists', message: `PVC Exists: claim ${name}` },
    isExclusive: !modesOf(claim).includes('ReadWriteMany'),
    nextSteps: isBound
      ? []
      : [`waiting for claim ${name} to be bound to a volume: kubectl describe pvc ${name} -n ${NAMESPACE}`],
  };
}

const notFound = (name: string) => `persistentvolumeclaims "${name}" not found`;
const NEW_CLAIM = 'make the claim, or set spec.storage.pvc.claim to "" to have one made';

const modesOf = ({ spec }: Claim): string[] => spec?.accessModes ?? [];

/** The problem, and what to do about it. */
function unusable(claim: Claim, name: string, replicas: number): [string, string] | undefined {
  const modes = modesOf(claim);
  if (claim.metadata.deletionTimestamp !== undefined) return [`PVC ${name} is being deleted`, NEW_CLAIM];
  if (claim.spec?.volumeMode === 'Block') {
    return [`PVC ${name} is a raw device`, 'use a claim with volumeMode Filesystem'];
  }
  if (modes.includes('ReadWriteMany')) return undefined;
  const mode = ['ReadWriteOnce', 'ReadWriteOncePod'].find((one) => modes.includes(one));
  if (mode === undefined) {
    const problem = `PVC ${name} does not contain the necessary access modes: ReadWriteMany or ReadWriteOnce`;
    return [problem, 'use a claim with one of these modes'];
  }
  if (replicas <= 1) return undefined;
  const problem = `cannot use ${mode} access mode with more than one replica of the image registry`;
  return [problem, 'set spec.replicas to 1, or use a claim with access mode ReadWriteMany'];
}

function refused(name: string, problem: string, remedy: string): ClaimDecision {
  return {
    name,
    problem,
    exists: { status: 'False', reason: 'PVCIssuesFound', message: `PVC Issues Found: ${problem}` },
    isExclusive: false,
    nextSteps: [remedy],
  };
}

function created(name: string): ClaimDecision {
  return {
    name,
    create: defaultClaim('ReadWriteMany'),
    exists: { status: 'True', reason: 'PVCCreated', message: `PVC Created: claim ${name}` },
    isExclusive: false,
    nextSteps: [`waiting for claim ${name} to be bound to a volume: kubectl describe pvc ${name} -n ${NAMESPACE}`],
  };
}
