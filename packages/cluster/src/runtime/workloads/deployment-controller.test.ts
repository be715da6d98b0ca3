import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startControlled, type Controlled } from '../testing/controlled.js';
import { deploymentController, DEPLOYMENTS } from './deployment-controller.js';
import type { Deployment } from './deployment-status.js';
import { REPLICA_SETS, type ReplicaSet } from './replica-set-controller.js';
import { HASH_LABEL, REVISION } from './rollout-plan.js';

let test: Controlled;
let deployment: Deployment;
beforeAll(async () => {
  test = await startControlled(deploymentController);
});
afterAll(() => test.kinds.stop());
beforeEach(async () => {
  test.told();
  deployment = await test.kinds.create<Deployment>({
    kind: 'Deployment',
    metadata: { annotations: { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
    spec: { replicas: 2, selector: { matchLabels: { app: 'a' } }, template: templateOf('one') },
  });
});

const templateOf = (image: string) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image }] },
});
const imageOf = ({ spec }: ReplicaSet) => spec.template.spec?.containers[0]?.image ?? '';
const fresh = () => test.fresh<Deployment>(DEPLOYMENTS, deployment);
const change = async (spec: object) => {
  const known = await fresh();
  await test.kinds.update({ ...known, spec: { ...known.spec, ...spec } });
};
const sets = async () => {
  const { items } = await test.kinds.server.objects.list<ReplicaSet>(REPLICA_SETS);
  const own = items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === deployment.metadata.uid);
  return new Map(own.map((set) => [imageOf(set), set]));
};
/** Looks again and again, while the pods of each set become what it wants, until nothing changes. */
const settle = async () => {
  for (let before = ''; ;) {
    await test.look(deployment);
    for (const set of (await sets()).values()) {
      const replicas = set.spec.replicas ?? 0;
      await test.kinds.updateStatus({
        ...set,
        status: { replicas, readyReplicas: replicas, availableReplicas: replicas },
      });
    }
    const after = JSON.stringify([(await fresh()).metadata.resourceVersion, ...(await sets()).values()]);
    if (after === before) return;
    before = after;
  }
};

describe('a deployment', () => {
  it('makes a replica set for its template', async () => {
    await test.look(deployment);
    const [[, set] = []] = await sets();
    const hash = set?.metadata.labels?.[HASH_LABEL] ?? '';
    expect(set?.metadata.name).toBe(`${deployment.metadata.name}-${hash}`);
    expect(set?.metadata.annotations).toEqual({
      team: 'a',
      [REVISION]: '1',
      'deployment.kubernetes.io/desired-replicas': '2',
      'deployment.kubernetes.io/max-replicas': '3',
    });
    expect(set?.spec.selector).toEqual({ matchLabels: { app: 'a', [HASH_LABEL]: hash } });
    expect(set?.spec.template.metadata?.labels).toEqual({ app: 'a', [HASH_LABEL]: hash });
    expect(test.told()).toEqual([`ScalingReplicaSet: Scaled up replica set ${set?.metadata.name} from 0 to 2`]);
    expect((await fresh()).metadata.annotations?.[REVISION]).toBe('1');
  });

  it('tells nothing where nothing is scaled', async () => {
    await change({ replicas: 0 });
    await test.look(deployment);
    const [[, set] = []] = await sets();
    expect(set?.spec.replicas).toBe(0);
    expect(test.told()).toEqual([]);
  });

  it('goes to another template and back, and counts its revisions', async () => {
    await settle();
    await change({ template: templateOf('two') });
    await settle();
    const numbers = async () =>
      [...(await sets())].map(([image, { spec, metadata }]) => {
        return [image, spec.replicas, metadata.annotations?.[REVISION]];
      });
    expect(new Set(await numbers())).toEqual(
      new Set([
        ['one', 0, '1'],
        ['two', 2, '2'],
      ]),
    );
    expect((await fresh()).status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
    await change({ template: templateOf('one') });
    await settle();
    expect(new Set(await numbers())).toEqual(
      new Set([
        ['one', 2, '3'],
        ['two', 0, '2'],
      ]),
    );
    expect((await fresh()).metadata.annotations?.[REVISION]).toBe('3');
  });

  it('keeps as many old sets as it should', async () => {
    await change({ revisionHistoryLimit: 1 });
    for (const image of ['two', 'three']) {
      await settle();
      await change({ template: templateOf(image) });
    }
    await settle();
    expect([...(await sets()).keys()].sort()).toEqual(['three', 'two']);
  });

  it('takes another name when one is taken', async () => {
    await test.look(deployment);
    const [[, made] = []] = await sets();
    const { objects } = test.kinds.server;
    await objects.change<ReplicaSet>(REPLICA_SETS, 'default', made?.metadata.name ?? '', '', (set) => ({
      ...set,
      metadata: { ...set.metadata, ownerReferences: [] },
    }));
    await test.look(deployment);
    expect((await fresh()).status?.collisionCount).toBe(1);
    await test.look(deployment);
    const [[, other] = []] = await sets();
    expect(other?.metadata.name).not.toBe(made?.metadata.name);
  });

  it('tells its sets what becomes of it, but makes none while it is paused', async () => {
    await settle();
    await change({ minReadySeconds: 5 });
    await test.look(deployment);
    expect((await sets()).get('one')?.spec.minReadySeconds).toBe(5);
    await change({ paused: true, template: templateOf('two'), minReadySeconds: 7, replicas: 3 });
    await settle();
    const [[image, set] = [], ...others] = await sets();
    expect([image, set?.spec.minReadySeconds, set?.spec.replicas, others]).toEqual(['one', 5, 3, []]);
  });

  it('is looked at again when its pods should be there', async () => {
    expect(await test.look(deployment)).toEqual({ after: 601_000 });
    await settle();
    expect(await test.look(deployment)).toBeUndefined();
  });
});
