import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findConnection, HttpTransport, KubeClient } from '@longshore/kube';
import { startCluster, startProcess, type ProgramOptions, type RunningCluster } from '@longshore/testkit';

let cluster: RunningCluster;
const NAMESPACE = 'harbour';

beforeAll(async () => {
  cluster = await startCluster();
  await kubectl('create', 'namespace', NAMESPACE);
});
afterAll(() => cluster?.stop());

const run = (args: string[], options: ProgramOptions = {}) => cluster.kubectl(['-n', NAMESPACE, ...args], options);

/** What kubectl prints. */
async function kubectl(...args: string[]): Promise<string> {
  return (await run(args)).stdout;
}

/** What kubectl says when it fails. */
async function failing(...args: string[]): Promise<string> {
  const { status, stderr } = await run(args, { mayFail: true });
  expect(status).not.toBe(0);
  return stderr;
}

/** kubectl with an object on its standard input, such as `apply -f -`. */
async function given(object: object, ...args: string[]): Promise<string> {
  return (await run(args, { input: JSON.stringify(object) })).stdout;
}

const deployment = (name: string, image = 'registry.example.com/web:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }] },
    },
  },
});

describe('kubectl create, apply and get', () => {
  it('creates, refuses to create twice, and shows', async () => {
    expect(await kubectl('create', 'configmap', 'settings', '--from-literal=colour=blue')).toBe(
      'configmap/settings created\n',
    );
    expect(await failing('create', 'configmap', 'settings')).toBe(
      'error: failed to create configmap: configmaps "settings" already exists\n',
    );
    expect(await kubectl('get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}')).toBe('blue');
    expect(await kubectl('get', 'cm', 'settings', '--no-headers')).toMatch(/^settings +1 +\d+s\n$/);
    expect(await kubectl('get', 'cm', 'settings', '-o', 'yaml')).toContain('data:\n  colour: blue\nkind: ConfigMap\n');
    expect(await failing('get', 'cm', 'nothing')).toBe(
      'Error from server (NotFound): configmaps "nothing" not found\n',
    );
  });

  it('makes secrets that it does not show', async () => {
    await kubectl('create', 'secret', 'generic', 'password', '--from-literal=password=hunter2');
    expect(await kubectl('get', 'secret', 'password')).toMatch(/^NAME +TYPE +DATA +AGE\npassword +Opaque +1 +\d+s\n$/);
    const described = await kubectl('describe', 'secret', 'password');
    expect(described).toContain('password:  7 bytes');
    expect(described).not.toContain('hunter2');
  });

  it('applies again and again, and says what changed', async () => {
    expect(await given(deployment('web'), 'apply', '-f', '-')).toBe('deployment.apps/web created\n');
    expect(await given(deployment('web'), 'apply', '-f', '-')).toBe('deployment.apps/web unchanged\n');
    const changed = deployment('web', 'registry.example.com/web:2');
    expect(await given(changed, 'diff', '-f', '-').catch(String)).toContain(
      '+      - image: registry.example.com/web:2',
    );
    expect(await given(changed, 'apply', '-f', '-')).toBe('deployment.apps/web configured\n');
    expect(await kubectl('get', 'deploy', 'web', '-o', 'wide')).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +0\/2 +\d +0 +\d+s +web +registry.example.com\/web:2 +app=web\n$/,
    );
  });

  it('tries a write on the server alone', async () => {
    expect(await kubectl('create', 'configmap', 'dry', '--dry-run=server')).toBe(
      'configmap/dry created (server dry run)\n',
    );
    expect(await failing('get', 'cm', 'dry')).toContain('NotFound');
  });

  it('finds typing errors before they do harm', async () => {
    const wrong = { ...deployment('typo'), spec: { ...deployment('typo').spec, replica: 3 } };
    const { status, stderr } = await run(['create', '-f', '-'], { input: JSON.stringify(wrong), mayFail: true });
    expect(status).toBe(1);
    expect(stderr).toContain('strict decoding error: unknown field "spec.replica"');
  });

  it('describes', async () => {
    const text = await kubectl('describe', 'deployment', 'web');
    expect(text).toMatch(/^Name: +web$/m);
    expect(text).toMatch(/Image: +registry.example.com\/web:2/);
    expect(await kubectl('describe', 'namespace', NAMESPACE)).toMatch(/^Status: +Active$/m);
  });
});

describe('kubectl patch, label and annotate', () => {
  it('patches in three ways', async () => {
    await given(deployment('patched'), 'create', '-f', '-');
    const patch = (type: string, text: string) => kubectl('patch', 'deploy', 'patched', `--type=${type}`, '-p', text);
    await patch('merge', '{"spec":{"replicas":5}}');
    await patch('json', '[{"op":"replace","path":"/spec/paused","value":true}]').catch(() =>
      patch('json', '[{"op":"add","path":"/spec/paused","value":true}]'),
    );
    await patch(
      'strategic',
      '{"spec":{"template":{"spec":{"containers":[{"name":"log","image":"r.example.com/log"}]}}}}',
    );
    expect(
      await kubectl(
        'get',
        'deploy',
        'patched',
        '-o',
        'jsonpath={.spec.replicas} {.spec.paused} {..containers[*].name}',
      ),
    ).toBe('5 true log web');
    expect(await kubectl('get', 'deploy', 'patched', '-o', 'jsonpath={.metadata.generation}')).toBe('4');
  });

  it('edits what an editor changed', async () => {
    await kubectl('create', 'configmap', 'edited', '--from-literal=a=1');
    const options = { env: { KUBE_EDITOR: 'sed -i \'s/a: "1"/a: "2"/\'' } };
    expect((await run(['edit', 'configmap', 'edited'], options)).stdout).toBe('configmap/edited edited\n');
    expect(await kubectl('get', 'cm', 'edited', '-o', 'jsonpath={.data.a}')).toBe('2');
  });

  it('labels, selects by labels, and annotates', async () => {
    await kubectl('create', 'configmap', 'labelled');
    await kubectl('label', 'configmap', 'labelled', 'tier=front');
    expect(await failing('label', 'configmap', 'labelled', 'tier=back')).toContain('--overwrite');
    await kubectl('label', 'configmap', 'labelled', 'tier=back', '--overwrite');
    expect(await kubectl('get', 'cm', '-l', 'tier in (back)', '-o', 'name')).toBe('configmap/labelled\n');
    await kubectl('label', 'configmap', 'labelled', 'tier-');
    expect(await run(['get', 'cm', '-l', 'tier']).then(({ stderr }) => stderr)).toBe(
      `No resources found in ${NAMESPACE} namespace.\n`,
    );
    expect(await failing('label', 'configmap', 'labelled', 'tier=not valid')).toContain('a valid label must be');
    await kubectl('annotate', 'configmap', 'labelled', 'example.com/note=hello there');
    expect(await kubectl('get', 'cm', 'labelled', '-o', 'jsonpath={.metadata.annotations}')).toContain('hello there');
  });

  it('scales, and sets images', async () => {
    await given(deployment('scaled'), 'create', '-f', '-');
    expect(await kubectl('scale', 'deploy', 'scaled', '--replicas=7')).toBe('deployment.apps/scaled scaled\n');
    await kubectl('set', 'image', 'deploy/scaled', 'web=registry.example.com/web:9');
    expect(await kubectl('get', 'deploy', 'scaled', '-o', 'jsonpath={.spec.replicas} {..image}')).toBe(
      '7 registry.example.com/web:9',
    );
  });
});

describe('kubectl get -w and wait', () => {
  it('shows each change as it comes', async () => {
    await kubectl('create', 'configmap', 'watched', '--from-literal=a=1');
    const watch = await startProcess({
      command: 'kubectl',
      args: [
        '--kubeconfig',
        cluster.kubeconfig,
        '-n',
        NAMESPACE,
        'get',
        'cm',
        'watched',
        '-w',
        '--output-watch-events',
      ],
      ready: { output: /ADDED +watched/ },
    });
    await kubectl('patch', 'cm', 'watched', '-p', '{"data":{"b":"2"}}');
    await watch.waitForOutput((text) => (/MODIFIED +watched +2 /.test(text) ? true : undefined));
    await kubectl('delete', 'cm', 'watched');
    await watch.waitForOutput((text) => (/DELETED +watched/.test(text) ? true : undefined));
    await watch.stop();
  });

  it('waits for a condition', async () => {
    // a stateful set: nothing here but the test writes its status
    await given({ ...deployment('awaited'), kind: 'StatefulSet' }, 'create', '-f', '-');
    const waiting = kubectl('wait', 'sts/awaited', '--for=condition=Available', '--timeout=20s');
    const status = { observedGeneration: 1, conditions: [{ type: 'Available', status: 'True' }] };
    await kubectl('patch', 'sts', 'awaited', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
    expect(await waiting).toBe('statefulset.apps/awaited condition met\n');
    expect(await failing('wait', 'sts/awaited', '--for=condition=Absent', '--timeout=1s')).toContain('timed out');
    const gone = kubectl('wait', 'sts/awaited', '--for=delete', '--timeout=20s');
    await kubectl('delete', 'sts', 'awaited');
    await gone;
  });
});

describe('kubectl delete', () => {
  it('waits for finalizers', async () => {
    const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    await given(held, 'create', '-f', '-');
    expect(await failing('delete', 'cm', 'held', '--timeout=1s')).toContain('timed out waiting for the condition');
    expect(await kubectl('get', 'cm', 'held', '-o', 'jsonpath={.metadata.deletionTimestamp}')).toMatch(/^\d{4}-/);
    await kubectl('patch', 'cm', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    expect(await failing('get', 'cm', 'held')).toContain('NotFound');
  });

  it.each([
    ['background', false],
    ['foreground', false],
    ['orphan', true],
  ])('treats dependents as --cascade=%s says', async (cascade, stays) => {
    const owner = `owner-${cascade}`;
    const owned = `owned-${cascade}`;
    await kubectl('create', 'configmap', owner);
    const uid = await kubectl('get', 'cm', owner, '-o', 'jsonpath={.metadata.uid}');
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid, blockOwnerDeletion: true }];
    await given(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: owned, ownerReferences } },
      'create',
      '-f',
      '-',
    );
    await kubectl('delete', 'cm', owner, `--cascade=${cascade}`);
    if (stays) expect(await kubectl('get', 'cm', owned, '-o', 'jsonpath={.metadata.ownerReferences}')).toBe('');
    else await kubectl('wait', `cm/${owned}`, '--for=delete', '--timeout=20s');
  });

  it('ends a namespace with all that it holds', async () => {
    await kubectl('create', 'namespace', 'short-lived');
    await kubectl('create', 'configmap', 'passenger', '-n', 'short-lived');
    expect(await kubectl('delete', 'namespace', 'short-lived')).toContain('namespace "short-lived" deleted');
    expect(await failing('get', 'cm', 'passenger', '-n', 'short-lived')).toContain('NotFound');
  });
});

describe('kubectl explain, api-resources and auth', () => {
  it('explains fields', async () => {
    const text = await kubectl('explain', 'deployment.spec.template.spec.containers');
    expect(text).toContain('GROUP:      apps');
    expect(text).toContain('FIELD: containers <[]Container>');
    expect(text).toMatch(/^ +imagePullPolicy\t<string>/m);
    expect(await kubectl('explain', 'configmap', '--recursive')).toContain('binaryData');
    expect(await failing('explain', 'pod.spec.nothing')).toContain('field "nothing" does not exist');
  });

  it('lists what there is', async () => {
    const text = await kubectl('api-resources');
    for (const line of [
      /^configmaps +cm +v1 +true +ConfigMap$/m,
      /^deployments +deploy +apps\/v1 +true +Deployment$/m,
      /^clusteroperators +co +config.openshift.io\/v1 +false +ClusterOperator$/m,
      /^routes +route.openshift.io\/v1 +true +Route$/m,
      /^projects +project.openshift.io\/v1 +false +Project$/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(await kubectl('api-versions')).toContain('rbac.authorization.k8s.io/v1\n');
    expect(await kubectl('version')).toContain('Server Version: v1.');
  });

  it('says who may do what', async () => {
    expect(await kubectl('auth', 'can-i', 'delete', 'pods')).toBe('yes\n');
    await kubectl('create', 'rolebinding', 'alice-views', '--clusterrole=view', '--user=alice');
    expect(await kubectl('auth', 'can-i', 'list', 'pods', '--as=alice')).toBe('yes\n');
    expect((await run(['auth', 'can-i', 'delete', 'pods', '--as=alice'], { mayFail: true })).stdout).toBe('no\n');
    expect(await failing('get', 'secrets', '--as=alice')).toBe(
      `Error from server (Forbidden): secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" in the namespace "${NAMESPACE}"\n`,
    );
    expect(await kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe('system:admin');
    expect(await kubectl('auth', 'can-i', '--list', '--as=alice')).toMatch(
      /configmaps +\[\] +\[\] +\[get list watch\]/,
    );
  });

  it('gives service accounts tokens that work', async () => {
    await kubectl('create', 'serviceaccount', 'robot');
    await kubectl('create', 'rolebinding', 'robot', '--clusterrole=view', `--serviceaccount=${NAMESPACE}:robot`);
    const token = (await kubectl('create', 'token', 'robot')).trim();
    const config = join(cluster.dataDir, 'robot-kubeconfig');
    const text = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: { server: cluster.apiUrl, 'certificate-authority': join(cluster.dataDir, 'pki/ca.crt') },
        },
      ],
      users: [{ name: 'robot', user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'robot' } }],
      'current-context': 'c',
    };
    await writeFile(config, JSON.stringify(text), { mode: 0o600 });
    const asRobot = (...args: string[]) => run(args, { env: { KUBECONFIG: config }, mayFail: true });
    expect((await asRobot('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).stdout).toBe(
      `system:serviceaccount:${NAMESPACE}:robot`,
    );
    expect((await asRobot('get', 'cm', 'settings', '-o', 'name')).stdout).toBe('configmap/settings\n');
    expect((await asRobot('delete', 'cm', 'settings')).stderr).toContain('(Forbidden)');
    await kubectl('delete', 'serviceaccount', 'robot');
    expect((await asRobot('get', 'cm')).stderr).toContain('must be logged in');
  });
});

describe('a custom resource from definition to deletion', () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'ships.fleet.example.com' },
    spec: {
      group: 'fleet.example.com',
      scope: 'Namespaced',
      names: { plural: 'ships', singular: 'ship', kind: 'Ship', shortNames: ['sh'], categories: ['all'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {}, scale: { specReplicasPath: '.spec.masts', statusReplicasPath: '.status.masts' } },
          additionalPrinterColumns: [{ name: 'Masts', type: 'integer', jsonPath: '.spec.masts' }],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['flag'],
                  properties: {
                    flag: { type: 'string', description: 'Where it is registered.' },
                    masts: { type: 'integer', minimum: 1, default: 3 },
                  },
                },
                status: { type: 'object', properties: { masts: { type: 'integer' } } },
              },
            },
          },
        },
      ],
    },
  };
  const ship = (name: string, spec: object) => ({
    apiVersion: 'fleet.example.com/v1',
    kind: 'Ship',
    metadata: { name },
    spec,
  });

  it('lives', async () => {
    await given(definition, 'apply', '-f', '-');
    await kubectl('wait', '--for=condition=Established', 'crd/ships.fleet.example.com', '--timeout=20s');
    await given(ship('argo', { flag: 'colchis' }), 'apply', '-f', '-');
    expect(await kubectl('get', 'sh')).toMatch(/^NAME +MASTS\nargo +3\n$/);
    expect(await kubectl('explain', 'ship.spec.flag')).toContain('Where it is registered.');
    expect(await kubectl('scale', 'ship', 'argo', '--replicas=5')).toBe('ship.fleet.example.com/argo scaled\n');
    const { stderr } = await run(['apply', '-f', '-'], {
      input: JSON.stringify(ship('leaky', { masts: 0 })),
      mayFail: true,
    });
    expect(stderr).toContain('spec.flag: Required value');
    expect(stderr).toContain('spec.masts in body should be greater than or equal to 1');
    await kubectl('delete', 'crd', 'ships.fleet.example.com');
    expect(await failing('get', 'ships')).toMatch(/NotFound|doesn't have a resource type/);
  });
});

describe('1,000 objects', () => {
  const secrets = { group: '', version: 'v1', resource: 'secrets' };

  it('are listed in pages at one version while they change', async () => {
    await kubectl('create', 'namespace', 'crowd');
    const client = new KubeClient(new HttpTransport(await findConnection({ kubeconfig: cluster.kubeconfig })));
    const names = Array.from({ length: 1000 }, (_, index) => `s${String(index).padStart(4, '0')}`);
    const create = (name: string) =>
      client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'crowd' } });
    await Promise.all(names.map(create));
    const changing = Promise.all(
      names.slice(0, 200).map((name) => client.delete(secrets, name, { namespace: 'crowd' })),
    );
    const listed = await kubectl('get', 'secrets', '-n', 'crowd', '--chunk-size=50', '-o', 'name');
    await changing;
    await client.close();
    const found = listed.trim().split('\n');
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((name) => name >= 'secret/s0200').length).toBe(800);
    expect([...found].sort()).toEqual(found);
  });
});

describe('a list of objects', () => {
  it('is validated and created as a whole', async () => {
    const items = ['one', 'two'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }));
    const text = await given({ apiVersion: 'v1', kind: 'List', items }, 'create', '-f', '-');
    expect(text).toBe('configmap/one created\nconfigmap/two created\n');
    const wrong = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'three' }, dat: {} }];
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: wrong });
    const { stderr } = await run(['create', '-f', '-'], { input: list, mayFail: true });
    expect(stderr).toContain('unknown field "dat"');
  });
});
