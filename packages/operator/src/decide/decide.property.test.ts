/** Whatever users write and a cluster holds: decisions are made, they come to rest, and foreign data stays. */
import fc from 'fast-check';
import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { CLUSTER, CONFIG_NAMESPACE, FINALIZER, GROUP, NAMESPACE, OWNED, RESOURCES } from '../names.js';
import { ModelCluster } from '../testing/model-cluster.js';

const claims = fc.constantFrom('', 'image-registry-storage', 'mine');
const backend = fc.oneof(
  fc.record({ emptyDir: fc.constant({}) }),
  fc.record({ pvc: fc.record({ claim: claims }, { requiredKeys: [] }) }),
  fc.record({
    s3: fc.record({ bucket: fc.constantFrom('a', '1'), regionEndpoint: fc.constantFrom('', 'http://x', 'x') }),
  }),
  fc.record({ gcs: fc.constant({}) }),
  fc.record({ swift: fc.record({ authVersion: fc.constantFrom('3', 'x') }) }),
  fc.record({ azure: fc.record({ cloudName: fc.constantFrom('', 'AzurePublicCloud', 'Nope') }) }),
  fc.record({ ibmcos: fc.constant({}), emptyDir: fc.constant({}) }),
  fc.constant({}),
);
const storage = fc
  .tuple(backend, fc.constantFrom({}, { managementState: 'Managed' }, { managementState: 'Unmanaged' }))
  .map(([one, state]) => ({ ...one, ...state }));
const valid = fc.record(
  {
    managementState: fc.constantFrom('Managed', 'Managed', 'Removed', 'Unmanaged', 'Force', ''),
    replicas: fc.integer({ min: -1, max: 4 }),
    storage,
    rolloutStrategy: fc.constantFrom('RollingUpdate', 'Recreate'),
    defaultRoute: fc.boolean(),
    routes: fc.array(
      fc.record(
        {
          name: fc.constantFrom('a', 'b', 'default-route'),
          hostname: fc.constantFrom('', 'h.example'),
          secretName: fc.constantFrom('tls', 'none'),
        },
        { requiredKeys: ['name'] },
      ),
      { maxLength: 3 },
    ),
    httpSecret: fc.constantFrom('', 's'),
    logLevel: fc.constantFrom('Normal', 'Debug', 'Loud'),
    requests: fc.record({
      read: fc.record({ maxRunning: fc.integer({ min: -1, max: 2 }), maxWaitInQueue: fc.constantFrom('1s', '3 sec') }),
    }),
    resources: fc.constantFrom(
      { limits: { cpu: '1000m' } },
      { requests: { memory: '1024Mi' } },
      { limits: { cpu: 'x' } },
    ),
    unsupportedConfigOverrides: fc.constantFrom(null, {}, { deployment: { annotations: { a: 1 } } }, { deployment: 5 }),
  },
  { requiredKeys: ['replicas'] },
);
/** Also what no API server would let through. */
const spec = fc.oneof({ weight: 4, arbitrary: valid }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) });
const prunerSpec = fc.oneof(
  fc.record(
    {
      keepYoungerThanDuration: fc.constantFrom('1h', '3 sec'),
      schedule: fc.constantFrom('', 'bad'),
      suspend: fc.boolean(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<unknown>,
  fc.jsonValue({ maxDepth: 2 }),
);

const claim = fc.record({
  name: fc.constantFrom('image-registry-storage', 'mine'),
  isOwn: fc.boolean(),
  mode: fc.constantFrom('ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod', 'ReadOnlyMany'),
});
const world = fc.record({
  kind: fc.constantFrom('openshift', 'vanilla'),
  platform: fc.constantFrom('None', 'AWS', 'OpenStack', 'oVirt', 'Libvirt', 'Odd'),
  claims: fc.uniqueArray(claim, { selector: ({ name }) => name, maxLength: 2 }),
  hasTls: fc.boolean(),
  additionalCa: fc.constantFrom('', 'ca', 'gone'),
  specs: fc.array(spec, { minLength: 1, maxLength: 3 }),
  pruner: fc.option(prunerSpec, { nil: undefined }),
});
type Stored = typeof storage extends fc.Arbitrary<infer T> ? T : never;
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function build({ kind, platform, claims, hasTls, additionalCa, pruner }: World): ModelCluster {
  const cluster = new ModelCluster(kind);
  const config = (type: string, rest: object): KubeObject => ({
    apiVersion: 'config.openshift.io/v1',
    kind: type,
    metadata: { name: CLUSTER },
    ...rest,
  });
  if (kind === 'openshift') {
    cluster.put(
      RESOURCES.infrastructures,
      config('Infrastructure', { status: { platformStatus: { type: platform } } }),
    );
    cluster.put(RESOURCES.imageConfigs, config('Image', { spec: { additionalTrustedCA: { name: additionalCa } } }));
  }
  for (const { name, isOwn, mode } of claims) {
    const metadata = { name, namespace: NAMESPACE, ...(isOwn && { annotations: { [OWNED]: 'true' } }) };
    cluster.put(RESOURCES.claims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { accessModes: [mode] },
    });
  }
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'ca', namespace: CONFIG_NAMESPACE },
    data: { 'h..1': 'C' },
  };
  cluster.put(RESOURCES.configMaps, map);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'tls', namespace: NAMESPACE },
    data: { 'tls.crt': 'YQ==' },
  };
  if (hasTls) cluster.put(RESOURCES.secrets, secret);
  if (pruner !== undefined) {
    cluster.put(RESOURCES.imagePruners, {
      apiVersion: `${GROUP}/v1`,
      kind: 'ImagePruner',
      metadata: { name: CLUSTER },
      spec: pruner,
    });
  }
  return cluster;
}

/** A world in which a claim is deleted: others are rare. */
const DELETING: [World, Stored[], Stored, boolean] = [
  {
    kind: 'vanilla',
    platform: 'None',
    claims: [{ name: 'image-registry-storage', isOwn: true, mode: 'ReadWriteMany' }],
    hasTls: true,
    additionalCa: '',
    specs: [],
    pruner: undefined,
  },
  [{ pvc: { claim: '' }, managementState: 'Managed' }],
  {},
  true,
];

/** A user's edit: of the specification as a whole, or the end of it all. */
function edit(cluster: ModelCluster, spec: unknown): void {
  const live = cluster.get(RESOURCES.configs, CLUSTER, '');
  const base = live ?? { apiVersion: `${GROUP}/v1`, kind: 'Config', metadata: { name: CLUSTER } };
  cluster.put(RESOURCES.configs, { ...base, spec });
}

describe('decide', () => {
  it('never throws, changes nothing by itself, and comes to rest', () => {
    fc.assert(
      fc.property(world, (world) => {
        const cluster = build(world);
        for (const spec of world.specs) {
          edit(cluster, structuredClone(spec));
          const input = cluster.input();
          const before = structuredClone([...cluster.objects]);
          cluster.decide();
          expect([...cluster.objects]).toEqual(before);
          expect(cluster.input().config).toEqual(input.config);
          cluster.settle();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('never deletes a claim that it did not make, nor one that is not Managed', () => {
    let deletions = 0;
    fc.assert(
      fc.property(
        world,
        fc.array(storage, { minLength: 1, maxLength: 3 }),
        storage,
        fc.boolean(),
        (world, storages, last, isDeleted) => {
          const cluster = build(world);
          for (const storage of storages) {
            edit(cluster, { managementState: 'Managed', replicas: 1, storage });
            cluster.settle();
          }
          const live = cluster.get(RESOURCES.configs, CLUSTER, '');
          const { storage: kept } = live?.['spec'] as { storage: { managementState?: string } };
          const used = world.claims.filter(({ name }) => cluster.get(RESOURCES.claims, name) !== undefined);
          if (isDeleted) {
            const metadata = { ...live?.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [FINALIZER] };
            cluster.put(RESOURCES.configs, { ...(live as KubeObject), metadata });
            cluster.pass();
          } else edit(cluster, { replicas: 1, managementState: 'Removed', storage: world.hasTls ? kept : last });
          for (let pass = 0; pass < 4; pass++) cluster.pass();
          for (const { name, isOwn } of used) {
            const isGone = cluster.get(RESOURCES.claims, name) === undefined;
            if (!isGone) continue;
            deletions++;
            expect(isOwn, name).toBe(true);
            expect([kept.managementState, last.managementState]).toContain('Managed');
          }
        },
      ),
      { numRuns: 200, examples: [DELETING] },
    );
    expect(deletions).toBeGreaterThan(0);
  });
});
