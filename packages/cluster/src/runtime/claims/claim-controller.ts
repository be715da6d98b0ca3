import { chmod, mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { objectKey } from '@longshore/kube';
import type { Pod } from '../../kinds/pods/pod.js';
import type { EventRecorder } from '../agent/event-recorder.js';
import { isTerminal } from '../agent/pod-status.js';
import { ignoreMissing, writeStatus } from '../workloads/pod-control.js';
import {
  boundClaim,
  claimedVolume,
  CLAIMS,
  isProvisioned,
  provisionedName,
  provisionedVolume,
  requestedStorage,
  STORAGE_CLASS,
  unprotectedClaim,
  VOLUMES,
} from './claim-objects.js';
import { planClaim, planGrowth, planReclaim, type Claim, type PersistentVolume } from './claim-plan.js';

/** The disk may have more room then. */
const RETRY = { after: 30_000 };
/** Claims that wait for a volume. */
const WAITING = '/';

export interface ClaimOptions {
  /** Holds a folder for each volume that is made. */
  folder: string;
  events: EventRecorder;
}

type Retry = typeof RETRY | undefined;

/** Binds claims to volumes, and makes folders for those that fit none. */
export function claimController(options: ClaimOptions): Controller {
  return {
    name: 'claims',
    follows: {
      [CLAIMS]: (claim) => [objectKey(claim), ...volumeKey(claim as Claim)],
      [VOLUMES]: (volume) => [`/${volume.metadata.name}`, claimKey(volume as PersistentVolume)],
      pods: (pod) => claimsOf(pod as Pod),
    },
    async reconcile(key, objects) {
      const turn = new ClaimTurn(objects, options);
      if (key === WAITING) return turn.bindWaiting();
      const [namespace = '', name = ''] = key.split('/');
      return namespace === '' ? turn.lookAtVolume(name) : turn.lookAtClaim(namespace, name);
    },
  };
}

/** The volume of a claim: it is looked at when the claim goes. */
function volumeKey({ spec }: Claim): string[] {
  return spec.volumeName ? [`/${spec.volumeName}`] : [];
}

/** A volume without a claim may be what a claim waits for. */
function claimKey({ spec: { claimRef } }: PersistentVolume): string {
  return claimRef ? `${claimRef.namespace}/${claimRef.name}` : WAITING;
}

/** The claims that a pod uses. */
function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => {
    return claim ? [`${metadata.namespace}/${claim.claimName}`] : [];
  });
}

/** One look at claims and volumes. */
class ClaimTurn {
  constructor(
    private readonly objects: ObjectAccess,
    private readonly options: ClaimOptions,
  ) {}

  async bindWaiting(): Promise<void> {
    for (const claim of (await this.objects.list<Claim>(CLAIMS)).items) {
      const isWaiting = claim.status?.phase !== 'Bound' && claim.metadata.deletionTimestamp === undefined;
      if (isWaiting) await this.settle(claim);
    }
  }

  async lookAtClaim(namespace: string, name: string): Promise<Retry> {
    const claim = await this.objects.get<Claim>(CLAIMS, namespace, name);
    if (claim === undefined) return undefined;
    if (claim.metadata.deletionTimestamp !== undefined) return this.unprotect(claim);
    return claim.status?.phase === 'Bound' ? this.lookAtSize(claim) : this.settle(claim);
  }

  /** Finds or makes a volume for a claim. */
  private async settle(claim: Claim): Promise<Retry> {
    const volumes = (await this.objects.list<PersistentVolume>(VOLUMES)).items;
    const plan = planClaim(claim, volumes, STORAGE_CLASS, await this.freeBytes());
    if (plan.do === 'wait') {
      await this.warn(claim, plan);
      return RETRY;
    }
    await this.bind(claim, plan.do === 'bind' ? plan.volume : await this.provision(claim));
    return undefined;
  }

  private async provision(claim: Claim): Promise<PersistentVolume> {
    const name = provisionedName(claim);
    const path = this.folderOf(name);
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    const known = await this.objects.get<PersistentVolume>(VOLUMES, '', name);
    if (known !== undefined) return known;
    const made = await this.objects.create<PersistentVolume>(VOLUMES, provisionedVolume(claim, path));
    const message = `Successfully provisioned volume ${name}`;
    await this.options.events.tell(claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message });
    return made;
  }

  /** First the volume: a claim that says it is bound has one. */
  private async bind(claim: Claim, volume: PersistentVolume): Promise<void> {
    const { name: volumeName = '' } = volume.metadata;
    await this.changeVolume(volume, (current) => claimedVolume(current, claim));
    await this.setPhase(volume, 'Bound');
    await this.changeClaim(claim, (current) => boundClaim(current, volumeName));
    const { accessModes, capacity } = volume.spec;
    await writeStatus<Claim>(this.objects, CLAIMS, claim, { phase: 'Bound', accessModes, capacity });
  }

  /** A claim that asks for more gets it, when the disk has it. */
  private async lookAtSize(claim: Claim): Promise<Retry> {
    const volume = await this.objects.get<PersistentVolume>(VOLUMES, '', claim.spec.volumeName ?? '');
    const known = volume && { isProvisioned: isProvisioned(volume) };
    const plan = planGrowth(claim, known, await this.freeBytes());
    if (plan.do === 'wait' || plan.do === 'lose') await this.warn(claim, plan);
    if (plan.do === 'lose') {
      await writeStatus<Claim>(this.objects, CLAIMS, claim, { ...claim.status, phase: 'Lost' });
    }
    if (plan.do === 'grow' && volume !== undefined) await this.grow(claim, volume);
    return plan.do === 'wait' ? RETRY : undefined;
  }

  private async grow(claim: Claim, volume: PersistentVolume): Promise<void> {
    const capacity = { ...volume.spec.capacity, storage: requestedStorage(claim) };
    await this.changeVolume(volume, (current) => {
      return { ...current, spec: { ...current.spec, capacity } as PersistentVolume['spec'] };
    });
    await writeStatus<Claim>(this.objects, CLAIMS, claim, { ...claim.status, capacity } as Claim['status']);
  }

  /** A claim that is deleted goes when no pod uses it any more. */
  private async unprotect(claim: Claim): Promise<undefined> {
    const key = objectKey(claim);
    const pods = (await this.objects.list<Pod>('pods', claim.metadata.namespace)).items;
    if (pods.some((pod) => claimsOf(pod).includes(key) && !isTerminal(pod.status))) return;
    await this.changeClaim(claim, unprotectedClaim).catch(ignoreMissing);
  }

  async lookAtVolume(name: string): Promise<void> {
    const volume = await this.objects.get<PersistentVolume>(VOLUMES, '', name);
    if (volume === undefined) return;
    const { namespace = '', name: claimName } = volume.spec.claimRef ?? {};
    const claim = claimName ? await this.objects.get<Claim>(CLAIMS, namespace, claimName) : undefined;
    const plan = planReclaim(volume, claim, isProvisioned(volume));
    if (plan === 'keep') return;
    if (plan !== 'delete') return this.setPhase(volume, plan);
    await rm(this.folderOf(name), { recursive: true, force: true });
    await this.objects.delete(VOLUMES, '', name).catch(ignoreMissing);
  }

  private folderOf(volumeName: string): string {
    return join(this.options.folder, volumeName);
  }

  private async freeBytes(): Promise<bigint> {
    const { folder } = this.options;
    await mkdir(folder, { recursive: true, mode: 0o711 });
    const { bavail, bsize } = await statfs(folder, { bigint: true });
    return bavail * bsize;
  }

  private warn(claim: Claim, { reason, message }: { reason: string; message: string }): Promise<void> {
    return this.options.events.tell(claim, { type: 'Warning', reason, message });
  }

  private async setPhase(volume: PersistentVolume, phase: string): Promise<void> {
    if (volume.status?.phase === phase) return;
    await writeStatus<PersistentVolume>(this.objects, VOLUMES, volume, { ...volume.status, phase });
  }

  private changeClaim({ metadata }: Claim, change: (claim: Claim) => Claim): Promise<Claim> {
    return this.objects.change<Claim>(CLAIMS, metadata.namespace ?? '', metadata.name ?? '', '', change);
  }

  private changeVolume(
    { metadata }: PersistentVolume,
    change: (volume: PersistentVolume) => PersistentVolume,
  ): Promise<PersistentVolume> {
    return this.objects.change<PersistentVolume>(VOLUMES, '', metadata.name ?? '', '', change);
  }
}
