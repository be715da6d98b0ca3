import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestCluster, type TestCluster } from '../identity/testing/test-cluster.js';
import type { PersistentVolume } from '../runtime/claims/claim-plan.js';
import { placeRegistryVolume, registryVolumeController } from './registry-volume.js';

const VOLUMES = 'persistentvolumes';
const NAME = 'image-registry-storage';
const CLAIM = { namespace: 'openshift-image-registry', name: NAME };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await openTestCluster();
});
afterAll(() => cluster.close());

const volume = () => cluster.objects.get<PersistentVolume>(VOLUMES, '', NAME);
const change = (part: '' | 'status', make: (one: PersistentVolume) => PersistentVolume) =>
  cluster.objects.change<PersistentVolume>(VOLUMES, '', NAME, part, make);

describe('the volume of the images', () => {
  it('is for the claim of the operator alone', async () => {
    await placeRegistryVolume(cluster.objects, '/data/registry');
    expect((await volume())?.spec).toMatchObject({ hostPath: { path: '/data/registry' }, claimRef: CLAIM });
  });

  it('moves with the data folder, and stays with its claim', async () => {
    await change('', (one) => ({ ...one, spec: { ...one.spec, claimRef: { ...CLAIM, uid: '7' } } }));
    await change('status', (one) => ({ ...one, status: { phase: 'Bound' } }));
    const before = await volume();
    await placeRegistryVolume(cluster.objects, '/data/registry');
    expect(await volume()).toEqual(before);
    await placeRegistryVolume(cluster.objects, '/moved/registry');
    expect(await volume()).toMatchObject({
      spec: { hostPath: { path: '/moved/registry' }, claimRef: { uid: '7' } },
      status: { phase: 'Bound' },
    });
  });

  it('is offered again when its claim is gone', async () => {
    const controller = registryVolumeController();
    const { signal } = new AbortController();
    await controller.reconcile(NAME, cluster.objects, signal);
    expect((await volume())?.spec.claimRef?.uid).toBe('7');
    await change('status', (one) => ({ ...one, status: { phase: 'Released' } }));
    await controller.reconcile(NAME, cluster.objects, signal);
    expect((await volume())?.spec.claimRef).toMatchObject(CLAIM);
    expect((await volume())?.spec.claimRef?.uid).toBeUndefined();
  });

  it('is left alone when an administrator made it', async () => {
    const own = await volume();
    await cluster.objects.delete(VOLUMES, '', NAME);
    const { annotations: _, resourceVersion: __, uid: ___, ...metadata } = own!.metadata;
    await cluster.objects.create(VOLUMES, { ...own!, metadata });
    await placeRegistryVolume(cluster.objects, '/elsewhere/registry');
    expect((await volume())?.spec.hostPath?.path).toBe('/moved/registry');
  });
});
