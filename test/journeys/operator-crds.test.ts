/** The custom resource definitions of deploy/crds on a real API server: they are accepted, and refuse what cannot work. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLongshore, startCluster, temporaryFolder, type RunningCluster } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CRDS = join(import.meta.dirname, '../../deploy/crds');
const GROUP = 'imageregistry.operator.openshift.io';

let cluster: RunningCluster;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.kubectl(['apply', '-f', CRDS]);
  const crds = [`crd/configs.${GROUP}`, `crd/imagepruners.${GROUP}`];
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=20s', ...crds]);
});
afterAll(() => cluster?.stop());

let names = 0;

/** What the server answers to such an object, without keeping it. */
async function send(kind: 'Config' | 'ImagePruner', spec: object, args: string[] = []) {
  const object = { apiVersion: `${GROUP}/v1`, kind, metadata: { name: `try-${names++}` }, spec };
  const create = ['create', '-f', '-', '--dry-run=server', '-o', 'json', ...args];
  const { stdout, stderr, status } = await cluster.kubectl(create, { input: JSON.stringify(object), mayFail: true });
  return { stdout, stderr, status };
}

const storage = (storage: object, more: object = {}) => ({ replicas: 1, storage, ...more });

describe('a Config', () => {
  it('gets its defaults', async () => {
    const { stdout } = await send('Config', storage({ azure: {} }));
    expect((JSON.parse(stdout) as { spec: object }).spec).toEqual({
      replicas: 1,
      logLevel: 'Normal',
      operatorLogLevel: 'Normal',
      storage: { azure: { networkAccess: { type: 'External' } } },
    });
  });

  it.each([
    { replicas: 0 },
    storage({}),
    storage({ emptyDir: {} }),
    storage({ pvc: { claim: '' } }, { replicas: 2, rolloutStrategy: 'Recreate', managementState: 'Managed' }),
    storage({
      s3: { bucket: 'b', region: 'r', regionEndpoint: 'http://rgw.svc', chunkSizeMiB: 5 },
      managementState: 'Unmanaged',
    }),
    storage({
      s3: { cloudFront: { baseURL: 'https://cf', keypairID: 'k', privateKey: { key: 'k' }, duration: '1h30m' } },
    }),
    storage({ azure: { container: 'a-b', networkAccess: { type: 'Internal', internal: { vnetName: 'v1' } } } }),
    { replicas: 1, requests: { read: { maxRunning: 3, maxInQueue: 0, maxWaitInQueue: '90s' } } },
    { replicas: 1, routes: [{ name: 'public', hostname: 'r.example.com', secretName: 'tls' }], defaultRoute: true },
    { replicas: 1, resources: { limits: { cpu: 1, memory: '1Gi' } }, tolerations: [{ operator: 'Exists' }] },
    { replicas: 1, unsupportedConfigOverrides: { deployment: { annotations: { a: 'b' } } }, observedConfig: null },
  ])('%j is accepted', async (spec) => {
    const { stderr, status } = await send('Config', spec);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each([
    [{}, 'spec.replicas: Required value'],
    [{ replicas: -1 }, 'spec.replicas in body should be greater than or equal to 0'],
    [{ replicas: 1, managementState: 'managed' }, 'spec.managementState in body should match'],
    [{ replicas: 1, rolloutStrategy: 'recreate' }, 'spec.rolloutStrategy in body should match'],
    [
      { replicas: 1, logLevel: 'debug' },
      'Unsupported value: "debug": supported values: "", "Normal", "Debug", "Trace", "TraceAll"',
    ],
    [{ replicas: 1, routes: [{ hostname: 'h' }] }, 'spec.routes[0].name: Required value'],
    [{ replicas: 1, routes: [{ name: 'a' }, { name: 'a' }] }, 'Duplicate value'],
    [{ replicas: 1, routes: [{ name: 'default-route' }] }, 'spec.routes[0].name" must not validate the schema'],
    [{ replicas: 1, requests: { read: { maxRunning: -1 } } }, 'should be greater than or equal to 0'],
    [
      { replicas: 1, requests: { write: { maxWaitInQueue: '3 sec' } } },
      'spec.requests.write.maxWaitInQueue in body should match',
    ],
    [storage({ emptyDir: {}, s3: {} }), '"spec.storage" must validate one and only one schema (oneOf). Found 2 valid'],
    [storage({ emptyDir: {} }, { replicas: 2 }), 'spec.replicas in body should be less than or equal to 1'],
    [storage({ s3: { chunkSizeMiB: 2 } }), 'spec.storage.s3.chunkSizeMiB in body should be greater than or equal to 5'],
    [storage({ s3: { chunkSizeMiB: 6000 } }), 'should be less than or equal to 5120'],
    [storage({ s3: { chunkSizeMiB: 19.5 } }), 'must be of type integer: "number"'],
    [storage({ s3: { regionEndpoint: 'minio:9000' } }), 'spec.storage.s3.regionEndpoint in body should match'],
    [
      storage({ s3: { cloudFront: { baseURL: 'https://cf' } } }),
      'spec.storage.s3.cloudFront.keypairID: Required value',
    ],
    [storage({ azure: { container: 'A_b' } }), 'spec.storage.azure.container in body should match'],
    [storage({ azure: { networkAccess: { type: 'External', internal: {} } } }), 'spec.storage.azure.networkAccess'],
    [
      storage({ azure: { networkAccess: { type: 'Internal', internal: { vnetName: '.invalid' } } } }),
      'vnetName in body should match',
    ],
    [storage({ ibmcos: { serviceInstanceCRN: 'x' } }), 'spec.storage.ibmcos.serviceInstanceCRN in body should match'],
    [storage({ oss: { bucket: 'abc' } }), '"spec.storage.oss" must not validate the schema'],
  ])('%j is refused', async (spec, problem) => {
    const { stderr, status } = await send('Config', spec);
    expect(stderr).toContain(problem);
    expect(status).not.toBe(0);
  });

  it('with a field that nobody knows is refused by a strict client, which names the field', async () => {
    const { stderr } = await send('Config', storage({ persistentVolumeClaim: { claimName: 'x' } }));
    expect(stderr).toContain('unknown field "spec.storage.persistentVolumeClaim"');
  });
});

describe('an ImagePruner', () => {
  it.each([{}, { schedule: '' }, { schedule: '*/5 0 * * 1' }, { schedule: '@daily', keepYoungerThanDuration: '1h' }])(
    '%j is accepted',
    async (spec) => {
      const { stderr, status } = await send('ImagePruner', spec);
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );

  it.each([
    [{ schedule: 'bad cron' }, 'spec.schedule in body should match'],
    [{ keepTagRevisions: -1 }, 'should be greater than or equal to 0'],
    [{ keepYoungerThanDuration: '3 sec' }, 'spec.keepYoungerThanDuration in body should match'],
  ])('%j is refused', async (spec, problem) => {
    const { stderr, status } = await send('ImagePruner', spec);
    expect(stderr).toContain(problem);
    expect(status).not.toBe(0);
  });
});

describe('longshore operator plan', () => {
  /** Plans a Config with this specification, as a file. */
  function plan(spec: string, ...args: string[]) {
    const file = join(temporaryFolder('operator-plan'), 'config.yaml');
    const head = `apiVersion: ${GROUP}/v1\nkind: Config\nmetadata: { name: cluster }\n`;
    writeFileSync(file, `${head}spec: ${spec}\n`);
    const command = ['operator', 'plan', '-f', file, '--kubeconfig', cluster.kubeconfig, ...args];
    return runLongshore(command, { mayFail: true });
  }

  it('shows what would be made, and where data may be lost', async () => {
    const wish = '{ replicas: 1, managementState: Managed, storage: { emptyDir: {} } }';
    const { stdout, stderr, status } = await plan(wish);
    expect(stderr).toBe('');
    expect(stdout).toContain('+ deployments.apps openshift-image-registry/image-registry\n');
    expect(stdout).toContain('warning: emptyDir: all images are lost');
    expect(status).toBe(2);
    const { changes } = JSON.parse((await plan(wish, '--json')).stdout) as { changes: object[] };
    expect(changes).toContainEqual(expect.objectContaining({ action: 'create', resource: 'deployments' }));
  });

  it('tells what is wrong in the file, and where', async () => {
    const { stderr, status } = await plan('{ storage: { persistentVolumeClaim: {} } }');
    expect(stderr).toMatch(
      /config\.yaml:4:\d+: spec\.storage\.persistentVolumeClaim: .*did you mean spec\.storage\.pvc\?/,
    );
    expect(status).toBe(2);
  });
});
