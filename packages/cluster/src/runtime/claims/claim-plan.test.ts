import { describe, expect, it } from 'vitest';
import { planClaim, planGrowth, planReclaim, storageBytes, type Claim, type PersistentVolume } from './claim-plan.js';

const OWN = 'longshore-local';

const claim = (storage: string, more: object = {}): Claim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', namespace: 'shop', uid: 'u' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
});
const volume = (name: string, storage: string, more: object = {}): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, labels: { disk: name } },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], storageClassName: OWN, ...more },
});

function plan(wanted: Claim, volumes: PersistentVolume[] = [], free = 2n ** 30n): string {
  const decided = planClaim(wanted, volumes, OWN, free);
  if (decided.do === 'bind') return `bind ${decided.volume.metadata.name}`;
  return decided.do === 'provision' ? `provision ${decided.bytes}` : `${decided.reason}: ${decided.message}`;
}

describe('a claim', () => {
  it.each<[string, string, string]>([
    ['gets a folder', plan(claim('1Ki')), 'provision 1024'],
    ['gets the last byte', plan(claim('1Gi')), 'provision 1073741824'],
    [
      'gets no more than the disk has',
      plan(claim('1Gi'), [], 2n ** 30n - 1n),
      'ProvisioningFailed: the claim wants 1073741824 bytes, but the disk of the data folder has 1073741823 left',
    ],
    [
      'gets the smallest volume that fits',
      plan(claim('2Ki'), [volume('a', '9Ki'), volume('b', '2Ki'), volume('s', '1Ki')]),
      'bind b',
    ],
    ['gets a volume also when the disk is full', plan(claim('1Ki'), [volume('a', '1Ki')], 0n), 'bind a'],
    [
      'gets no volume of another mode',
      plan(claim('1Ki', { accessModes: ['ReadWriteMany'] }), [volume('a', '1Ki')]),
      'provision 1024',
    ],
    [
      'gets no volume of others',
      plan(claim('1Ki'), [volume('a', '1Ki', { claimRef: { name: 'x', namespace: 'shop' } })]),
      'provision 1024',
    ],
    [
      'gets no volume of a claim that was called the same',
      plan(claim('1Ki'), [volume('a', '1Ki', { claimRef: { name: 'c', namespace: 'shop', uid: 'old' } })]),
      'provision 1024',
    ],
    [
      'gets the volume that was made for it',
      plan(claim('1Ki'), [volume('a', '1Ki', { claimRef: { name: 'c', namespace: 'shop' } })]),
      'bind a',
    ],
    [
      'gets the volume that it names',
      plan(claim('1Ki', { volumeName: 'a' }), [volume('a', '1Ki'), volume('b', '1Ki')]),
      'bind a',
    ],
    [
      'waits for the volume that it names',
      plan(claim('1Ki', { volumeName: 'a' })),
      'FailedBinding: volume "a" not found',
    ],
    [
      'waits for the volume that others have',
      plan(claim('1Ki', { volumeName: 'a' }), [volume('a', '1Ki', { claimRef: { name: 'x', namespace: 'shop' } })]),
      'FailedBinding: volume "a" already bound to a different claim.',
    ],
    [
      'gets the volume that it selects',
      plan(claim('1Ki', { selector: { matchLabels: { disk: 'b' } } }), [volume('a', '1Ki'), volume('b', '8Ki')]),
      'bind b',
    ],
    [
      'gets a volume without class for no class',
      plan(claim('1Ki', { storageClassName: '' }), [volume('a', '1Ki', { storageClassName: '' })]),
      'bind a',
    ],
    [
      'waits for a volume of its class',
      plan(claim('1Ki', { storageClassName: 'fast' }), [volume('a', '1Ki')]),
      'FailedBinding: no persistent volumes available for this claim and no storage class of this machine is set',
    ],
    [
      'gets no block device',
      plan(claim('1Ki', { volumeMode: 'Block' })),
      'ProvisioningFailed: this machine gives folders, not block devices',
    ],
  ])('%s', (_what, planned, expected) => {
    expect(planned).toBe(expected);
  });
});

describe('amounts of storage', () => {
  it.each<[unknown, bigint]>([
    [undefined, 0n],
    [{}, 0n],
    [{ storage: '1.5Gi' }, 1_610_612_736n],
    [{ storage: '100G' }, 100_000_000_000n],
  ])('%j', (amounts, expected) => {
    expect(storageBytes(amounts)).toBe(expected);
  });
});

describe('a bound claim', () => {
  const bound = (storage: string): Claim => ({
    ...claim(storage),
    status: { phase: 'Bound', capacity: { storage: '1Ki' } },
  });
  it.each([
    ['is kept', planGrowth(bound('1Ki'), { isProvisioned: true }, 0n), 'keep'],
    ['grows', planGrowth(bound('2Ki'), { isProvisioned: true }, 1024n), 'grow'],
    ['waits for a byte', planGrowth(bound('2Ki'), { isProvisioned: true }, 1023n), 'wait'],
    ['stays as large as a volume of others is', planGrowth(bound('2Ki'), { isProvisioned: false }, 1024n), 'keep'],
    ['is lost without its volume', planGrowth(bound('1Ki'), undefined, 0n), 'lose'],
  ])('%s', (_what, decided, expected) => {
    expect(decided.do).toBe(expected);
  });
});

describe('a volume', () => {
  const claimRef = { namespace: 'shop', name: 'c', uid: 'u' };
  const goes = { claimRef, persistentVolumeReclaimPolicy: 'Delete' };
  it.each([
    ['of nobody is available', planReclaim(volume('a', '1Ki'), undefined, false), 'Available'],
    [
      'that waits for its claim is available',
      planReclaim(volume('a', '1Ki', { claimRef: { name: 'c' } }), claim('1Ki'), false),
      'Available',
    ],
    ['of a claim is kept', planReclaim(volume('a', '1Ki', goes), claim('1Ki'), true), 'keep'],
    ['that was made for a claim goes with it', planReclaim(volume('a', '1Ki', goes), undefined, true), 'delete'],
    [
      'of another claim of that name goes',
      planReclaim(volume('a', '1Ki', { ...goes, claimRef: { ...claimRef, uid: 'v' } }), claim('1Ki'), true),
      'delete',
    ],
    ['that is retained is released', planReclaim(volume('a', '1Ki', { claimRef }), undefined, true), 'Released'],
    ['that was made by others is released', planReclaim(volume('a', '1Ki', goes), undefined, false), 'Released'],
  ])('%s', (_what, decided, expected) => {
    expect(decided).toBe(expected);
  });
});
