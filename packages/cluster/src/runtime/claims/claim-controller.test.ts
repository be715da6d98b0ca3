import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startControlled, type Controlled } from '../testing/controlled.js';
import { claimController } from './claim-controller.js';
import { claimFolder } from './claim-folder.js';
import { CLAIMS, VOLUMES } from './claim-objects.js';
import type { Claim, PersistentVolume } from './claim-plan.js';

const folder = temporaryFolder('claims');
let test: Controlled;
let claim: Claim;
beforeAll(async () => {
  test = await startControlled((events) => claimController({ folder, events }));
});
afterAll(() => test.kinds.stop());
beforeEach(() => void test.told());

const make = async (storage: string, more: object = {}) => {
  claim = await test.kinds.create<Claim>({
    kind: 'PersistentVolumeClaim',
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
  });
};
const fresh = () => test.fresh<Claim>(CLAIMS, claim);
const volume = async () => {
  const { volumeName = '' } = (await fresh()).spec;
  return test.kinds.server.objects.get<PersistentVolume>(VOLUMES, '', volumeName);
};
const deleteClaim = () => test.kinds.server.objects.delete(CLAIMS, 'default', claim.metadata.name ?? '');
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('a claim', () => {
  it('gets a folder, which goes with it', async () => {
    await make('1Mi');
    expect(await test.look(claim)).toBeUndefined();
    const name = `pvc-${claim.metadata.uid}`;
    expect(test.told()).toEqual([`ProvisioningSucceeded: Successfully provisioned volume ${name}`]);
    expect((await fresh()).status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Mi' } });
    expect(await volume()).toMatchObject({ metadata: { name }, status: { phase: 'Bound' } });
    const path = await claimFolder(test.kinds.server.objects, 'default', claim.metadata.name ?? '');
    expect(path).toBe(join(folder, name));
    expect(await isThere(path)).toBe(true);
    await deleteClaim();
    await test.look(claim);
    await test.look(`/${name}`);
    expect(await isThere(path)).toBe(false);
    expect(await test.kinds.server.objects.get(VOLUMES, '', name)).toBeUndefined();
  });

  it('stays while a pod uses it', async () => {
    await make('1Mi');
    await test.look(claim);
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: claim.metadata.name } }];
    const pod = await test.kinds.create({ kind: 'Pod', spec: { containers: [{ name: 'c', image: 'i' }], volumes } });
    await deleteClaim();
    await test.look(claim);
    expect((await fresh()).metadata.deletionTimestamp).toBeDefined();
    await test.kinds.updateStatus({ ...pod, status: { phase: 'Succeeded' } });
    await test.look(claim);
    expect(await test.kinds.server.objects.get(CLAIMS, 'default', claim.metadata.name ?? '')).toBeUndefined();
  });

  it('waits for a volume of another class, which is released behind it', async () => {
    await make('1Mi', { storageClassName: 'fast' });
    expect(await test.look(claim)).toEqual({ after: 30_000 });
    expect(test.told()[0]).toMatch(/^FailedBinding: no persistent volumes available/);
    const made = await test.kinds.create<PersistentVolume>({
      kind: 'PersistentVolume',
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '2Mi' },
        hostPath: { path: '/srv/fast' },
        storageClassName: 'fast',
      },
    });
    const key = `/${made.metadata.name}`;
    await test.look(key);
    expect((await test.fresh<PersistentVolume>(VOLUMES, made)).status?.phase).toBe('Available');
    await test.look('/');
    expect((await fresh()).status).toMatchObject({ phase: 'Bound', capacity: { storage: '2Mi' } });
    await deleteClaim();
    await test.look(claim);
    await test.look(key);
    expect((await test.fresh<PersistentVolume>(VOLUMES, made)).status?.phase).toBe('Released');
  });

  it('grows, as far as the disk goes', async () => {
    await make('1Mi');
    await test.look(claim);
    const ask = async (storage: string) => {
      const known = await fresh();
      await test.kinds.update({ ...known, spec: { ...known.spec, resources: { requests: { storage } } } });
      return test.look(claim);
    };
    expect(await ask('3Mi')).toBeUndefined();
    expect((await fresh()).status?.capacity).toEqual({ storage: '3Mi' });
    expect((await volume())?.spec.capacity).toEqual({ storage: '3Mi' });
    expect(await ask('1Ei')).toEqual({ after: 30_000 });
    expect((await fresh()).status?.capacity).toEqual({ storage: '3Mi' });
    expect(test.told().at(-1)).toMatch(/^VolumeResizeFailed: /);
  });

  it('that has lost its volume says so', async () => {
    await make('1Mi');
    await test.look(claim);
    await test.kinds.server.objects.delete(VOLUMES, '', `pvc-${claim.metadata.uid}`);
    await test.look(claim);
    expect((await fresh()).status?.phase).toBe('Lost');
    expect(test.told().at(-1)).toMatch(/^ClaimLost: /);
  });
});
