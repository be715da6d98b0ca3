/** Workloads of the embedded cluster, as `kubectl` sees them: Longshore's own image runs as processes of this machine. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { requestTo, requireProgram, startCluster, startProcess, type RunningCluster } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const IMAGE = 'longshore.local/longshore:1';
const NAMESPACE = 'openshift-image-registry';

let cluster: RunningCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

/** Looks again until what is expected is so. */
const eventually = (look: () => unknown) => vi.waitFor(look, { timeout: 20_000, interval: 100 });
const kubectl = async (...args: string[]) => (await cluster.kubectl(['-n', NAMESPACE, ...args])).stdout;
const field = (kind: string, name: string, path: string) => kubectl('get', kind, name, '-o', `jsonpath={${path}}`);
const apply = (...objects: object[]) =>
  cluster.kubectl(['apply', '-n', NAMESPACE, '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });

const shell = (script: string, more: object = {}) => ({
  name: 'c',
  image: IMAGE,
  command: ['/bin/sh', '-c', script],
  ...more,
});
const pod = (name: string, container: object, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container], ...spec },
});
const phase = (name: string, wanted: string) =>
  kubectl('wait', `pod/${name}`, `--for=jsonpath={.status.phase}=${wanted}`, '--timeout=20s');

describe('pods', () => {
  it('get environment, config maps, secrets, a token and volumes at the paths that they ask for', async () => {
    await kubectl('create', 'configmap', 'settings', '--from-literal=COLOUR=blue', '--from-literal=conf.yml=a: 1');
    await kubectl('create', 'secret', 'generic', 'keys', '--from-literal=password=hunter2');
    const script = `echo "$COLOUR $PASSWORD $NAME $(cat /etc/shop/conf.yml) $(cat /run/shop/keys/pw)"
      ls -l /run/shop/keys/..data/pw | cut -c1-10; touch /scratch/new && ls /scratch
      test -s /var/run/secrets/kubernetes.io/serviceaccount/token && longshore --version`;
    const container = shell(script, {
      envFrom: [{ configMapRef: { name: 'settings' } }],
      env: [
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'NAME', value: 'pod-$(POD)' },
      ],
      volumeMounts: [
        { name: 'settings', mountPath: '/etc/shop' },
        { name: 'keys', mountPath: '/run/shop/keys' },
        { name: 'scratch', mountPath: '/scratch' },
      ],
    });
    const volumes = [
      { name: 'settings', configMap: { name: 'settings' } },
      { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400, items: [{ key: 'password', path: 'pw' }] } },
      { name: 'scratch', emptyDir: {} },
    ];
    await apply(pod('reader', container, { volumes }));
    await phase('reader', 'Succeeded');
    const { version } = JSON.parse(
      await readFile(new URL('../../packages/cli/package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(await kubectl('logs', 'reader')).toBe(`blue hunter2 pod-reader a: 1 hunter2\n-r--------\nnew\n${version}\n`);
    expect(await kubectl('get', 'pod', 'reader', '--no-headers')).toMatch(/^reader\s+0\/1\s+Completed\s+0\s/);
  });

  it('speak to the API as their service account', async () => {
    const script =
      'curl -s --cacert $D/ca.crt -H "authorization: Bearer $(cat $D/token)" https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT/apis/user.openshift.io/v1/users/~';
    const env = [{ name: 'D', value: '/var/run/secrets/kubernetes.io/serviceaccount' }];
    await apply(pod('caller', shell(script, { env }), { serviceAccountName: 'builder' }));
    await phase('caller', 'Succeeded');
    expect(await kubectl('logs', 'caller')).toContain(`system:serviceaccount:${NAMESPACE}:builder`);
  });

  it('wait for what is missing, and say so', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }];
    await apply(pod('waiter', shell('echo $A', { env })));
    await eventually(async () => {
      expect(await kubectl('get', 'pod', 'waiter', '--no-headers')).toContain('CreateContainerConfigError');
    });
    expect(await field('pod', 'waiter', '.status.containerStatuses[0].state.waiting.message')).toBe(
      'configmap "late" not found',
    );
    await kubectl('create', 'configmap', 'late', '--from-literal=a=1');
    await phase('waiter', 'Succeeded');
    expect(await kubectl('logs', 'waiter')).toBe('1\n');
  });

  it('tell exit codes, restarts, and the logs of each run', async () => {
    await apply(pod('failing', shell('echo out; echo err >&2; exit 3')));
    await phase('failing', 'Failed');
    expect(await field('pod', 'failing', '.status.containerStatuses[0].state.terminated.exitCode')).toBe('3');
    expect((await kubectl('logs', 'failing')).split('\n').sort()).toEqual(['', 'err', 'out']);

    await apply(pod('looping', shell('echo run; exit 1'), { restartPolicy: 'Always' }));
    await eventually(async () => {
      expect(await kubectl('get', 'pod', 'looping', '--no-headers')).toMatch(/CrashLoopBackOff\s+1 \(/);
    });
    expect(await kubectl('logs', 'looping', '--previous')).toBe('run\n');
    expect(await kubectl('get', 'events', '--field-selector=involvedObject.name=looping')).toContain(
      'Back-off restarting failed container',
    );
    await kubectl('delete', 'pod', 'looping');
  });

  it('have logs that can be followed and cut', async () => {
    await kubectl('create', 'configmap', 'go', '--from-literal=go=no');
    const container = shell(
      'for i in 1 2 3; do echo line $i; done; until grep -q yes /go/go; do sleep 0.1; done; echo end',
      {
        volumeMounts: [{ name: 'go', mountPath: '/go' }],
      },
    );
    await apply(pod('talker', container, { volumes: [{ name: 'go', configMap: { name: 'go' } }] }));
    await phase('talker', 'Running');
    await eventually(async () => expect(await kubectl('logs', 'talker')).toBe('line 1\nline 2\nline 3\n'));
    const following = kubectl('logs', '-f', 'talker', '--tail=1');
    // The volume follows its config map while the container runs.
    await kubectl('patch', 'configmap', 'go', '--type=merge', '-p', '{"data":{"go":"yes"}}');
    expect(await following).toMatch(/^(line 3\n)?end\n$/);
    expect(await kubectl('logs', 'talker', '--timestamps', '--tail=1')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z end\n$/);
    expect(await kubectl('logs', 'talker', '--limit-bytes=6')).toBe('line 1');
  });

  it('end by SIGTERM within their time, else by SIGKILL', async () => {
    const polite = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done");
    await apply(
      pod('polite', polite, {
        terminationGracePeriodSeconds: 20,
      }),
      pod('stubborn', shell("trap '' TERM; echo up; while :; do sleep 0.1; done")),
    );
    for (const name of ['polite', 'stubborn']) {
      await eventually(async () => expect(await kubectl('logs', name)).toBe('up\n'));
    }
    const args = ['logs', '-f', 'polite', '-n', NAMESPACE, '--kubeconfig', cluster.kubeconfig];
    const command = await requireProgram('kubectl', 'kubernetes-client');
    const following = await startProcess({ command, args, ready: { output: /up/ } });
    await kubectl('delete', 'pod', 'polite', 'stubborn', '--timeout=15s');
    expect(await following.ended).toMatchObject({ status: 0 });
    expect(following.output()).toBe('up\nbye\n');
  });

  it.runIf(hasControlGroups())('have no more memory than they may', async () => {
    const resources = { limits: { memory: '64Mi', cpu: '500m' } };
    await apply(pod('greedy', shell('head -c 300000000 /dev/zero | tail', { resources })));
    await phase('greedy', 'Failed');
    const state = '.status.containerStatuses[0].state.terminated';
    expect(await field('pod', 'greedy', `${state}.reason`)).toBe('OOMKilled');
    expect(await field('pod', 'greedy', `${state}.exitCode`)).toBe('137');
  });

  it('are not entered, and say so', async () => {
    await apply(pod('closed', shell('sleep 1000')));
    await phase('closed', 'Running');
    for (const [args, words] of [
      [['exec', 'closed', '--', 'ls'], 'runs no further commands'],
      [['attach', 'closed'], 'attaches to no containers'],
      [['port-forward', 'pod/closed', ':80'], 'forwards no ports'],
    ] as const) {
      const refused = await cluster.kubectl(['-n', NAMESPACE, ...args], { mayFail: true, timeout: 20_000 });
      expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining(words)]);
    }
    await kubectl('delete', 'pod', 'closed');
  });

  it('of other images stay Pending, and say why', async () => {
    await apply(pod('foreign', { name: 'c', image: 'quay.io/org/app:1' }));
    const message = (name: string) => field('pod', name, '.status.conditions[?(@.type=="PodScheduled")].message');
    await eventually(async () => expect(await message('foreign')).toContain('container c wants quay.io/org/app:1'));
    expect(await kubectl('get', 'pod', 'foreign', '--no-headers')).toMatch(/^foreign\s+0\/1\s+Pending\s/);
    expect(await kubectl('get', 'events', '--field-selector=reason=FailedScheduling')).toContain('pod/foreign');
  });

  it('are no way for users of a project to the rights of the cluster', async () => {
    const inShop = (...args: string[]) => cluster.kubectl(['-n', 'shop', ...args]);
    await cluster.kubectl(['create', 'namespace', 'shop']);
    const node = (await cluster.kubectl(['get', 'nodes', '-o', 'name'])).stdout.trim().replace('node/', '');
    const create = (object: object) =>
      cluster.kubectl(['-n', 'shop', 'create', '-f', '-'], { input: JSON.stringify(object) });
    await create(pod('scheduled', shell('id')));
    await create(pod('placed', shell('id'), { nodeName: node }));
    await eventually(async () => {
      const shown = (await inShop('get', 'pods', '--no-headers')).stdout;
      expect(shown).toMatch(/placed\s+0\/1\s+NotRunnable/);
      expect(shown).toMatch(/scheduled\s+0\/1\s+Pending/);
      for (const reason of ['NotRunnable', 'FailedScheduling']) {
        const { stdout } = await inShop('get', 'events', `--field-selector=reason=${reason}`);
        expect(stdout).toContain('an administrator may allow that by labelling namespace shop');
      }
    });
    const condition = '{.status.conditions[?(@.type=="PodScheduled")].message}';
    const { stdout: message } = await inShop('get', 'pod', 'scheduled', '-o', `jsonpath=${condition}`);
    expect(message).toContain('pod-security.kubernetes.io/enforce=privileged');
    await cluster.kubectl(['label', 'namespace', 'shop', 'pod-security.kubernetes.io/enforce=privileged']);
    await inShop('wait', 'pod/scheduled', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=20s');
  });
});

describe('jobs and cron jobs', () => {
  it('run until enough pods have succeeded', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [shell('echo done')] } };
    await apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'twice' },
      spec: { completions: 2, template },
    });
    await kubectl('wait', 'job/twice', '--for=condition=Complete', '--timeout=30s');
    expect(await kubectl('get', 'job', 'twice', '--no-headers')).toMatch(/^twice\s+Complete\s+2\/2\s/);
    expect(await kubectl('logs', 'job/twice')).toBe('done\n');
    await kubectl('delete', 'job', 'twice');
    await eventually(async () => expect(await kubectl('get', 'pods', '-l', 'job-name=twice')).toBe(''));
  });

  it('fail when they have failed often enough', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [shell('exit 1')] } };
    await apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'hopeless' },
      spec: { backoffLimit: 0, template },
    });
    await kubectl('wait', 'job/hopeless', '--for=condition=Failed', '--timeout=30s');
    expect(await field('job', 'hopeless', '.status.conditions[-1].reason')).toBe('BackoffLimitExceeded');
    expect(await field('job', 'hopeless', '.status.failed')).toBe('1');
  });

  it('come at their times', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [shell('echo tick')] } };
    const spec = { schedule: '@every 1s', successfulJobsHistoryLimit: 2, jobTemplate: { spec: { template } } };
    await apply({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'clock' }, spec });
    await eventually(async () => {
      expect(await field('cronjob', 'clock', '.status.lastSuccessfulTime')).not.toBe('');
    });
    const made = await kubectl('create', 'job', 'by-hand', '--from=cronjob/clock', '-o', 'name');
    expect(made).toBe('job.batch/by-hand\n');
    await kubectl('wait', 'job/by-hand', '--for=condition=Complete', '--timeout=30s');
    await kubectl('delete', 'cronjob', 'clock');
  });
});

const CONFIG = `version: 0.1
storage: {filesystem: {rootdirectory: /registry}, delete: {enabled: true}}
http: {addr: ':5000'}
longshore: {workers: 1}
`;

const registry = (strategy: object, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'store' },
  spec: {
    replicas,
    strategy,
    selector: { matchLabels: { app: 'store' } },
    template: {
      metadata: { labels: { app: 'store' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'registry',
            image: IMAGE,
            args: ['registry', 'serve', '--config', '/etc/longshore/config.yml'],
            ports: [{ name: 'http', containerPort: 5000 }],
            readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, initialDelaySeconds: 15 },
            livenessProbe: { httpGet: { path: '/healthz', port: 5000 }, initialDelaySeconds: 5 },
            volumeMounts: [
              { name: 'config', mountPath: '/etc/longshore' },
              { name: 'blobs', mountPath: '/registry' },
            ],
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: 'store' } },
          { name: 'blobs', persistentVolumeClaim: { claimName: 'store' } },
        ],
      },
    },
  },
});

describe('deployments, services and claims', () => {
  const rolledOut = () => kubectl('rollout', 'status', 'deployment/store', '--timeout=60s');
  let address = '';

  it('run the registry on a claim, on one port in each pod, behind one address', async () => {
    await kubectl('create', 'configmap', 'store', `--from-literal=config.yml=${CONFIG}`);
    const claim = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } };
    await apply(
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'store' }, spec: claim },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'store' },
        spec: { selector: { app: 'store' }, ports: [{ port: 80, targetPort: 'http' }] },
      },
      registry({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }, 2),
    );
    await rolledOut();
    expect(await kubectl('get', 'deployment', 'store', '--no-headers')).toMatch(/^store\s+2\/2\s+2\s+2\s/);
    expect(await kubectl('get', 'pvc', 'store', '--no-headers')).toMatch(/^store\s+Bound\s+pvc-\S+\s+1Gi\s+RWX\s/);
    const ips = (await kubectl('get', 'pods', '-l', 'app=store', '-o', 'jsonpath={.items[*].status.podIP}')).split(' ');
    expect(new Set(ips).size).toBe(2);
    await eventually(async () => {
      const endpoints = await field('endpoints', 'store', '.subsets[0].addresses[*].ip');
      expect(endpoints.split(' ').sort()).toEqual([...ips].sort());
    });
    address = await field('service', 'store', String.raw`.metadata.annotations.runtime\.longshore\.dev/local-address`);
    expect((await requestTo({ url: `http://${address}:80` }, '/v2/')).status).toBe(200);
  });

  it('are found by name from other pods', async () => {
    await apply(pod('client', shell(`curl -s -o /dev/null -w '%{http_code}' http://store.${NAMESPACE}.svc/v2/`)));
    await phase('client', 'Succeeded');
    expect(await kubectl('logs', 'client')).toBe('200');
  });

  it('change all pods without one failed request, and back', async () => {
    const statuses = new Map<number | string, number>();
    const ending = new AbortController();
    const asking = Array.from({ length: 4 }, async () => {
      while (!ending.signal.aborted) {
        const status = await requestTo({ url: `http://${address}:80` }, '/v2/').then(
          (answer) => answer.status,
          (error: Error) => error.message,
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    await kubectl('set', 'env', 'deployment/store', 'VERSION=2');
    await rolledOut();
    ending.abort();
    await Promise.all(asking);
    expect([...statuses.keys()]).toEqual([200]);
    const revision = () =>
      field('deployment', 'store', String.raw`.metadata.annotations.deployment\.kubernetes\.io/revision`);
    expect(await revision()).toBe('2');
    await kubectl('rollout', 'undo', 'deployment/store');
    await rolledOut();
    expect(await revision()).toBe('3');
    const sets = (await kubectl('get', 'replicasets', '-l', 'app=store', '--no-headers')).trim().split('\n');
    expect(sets.map((line) => line.split(/\s+/).slice(1, 4).join(' ')).sort()).toEqual(['0 0 0', '2 2 2']);
  });

  it('with Recreate end all old pods first', async () => {
    await kubectl('delete', 'deployment', 'store');
    await apply(registry({ type: 'Recreate' }, 1));
    await rolledOut();
    const before = await kubectl(
      'get',
      'pods',
      '-l',
      'app=store',
      '-o',
      'jsonpath={.items[?(@.status.phase=="Running")].metadata.name}',
    );
    await kubectl('set', 'env', 'deployment/store', 'VERSION=3');
    await rolledOut();
    expect(before).not.toBe('');
    expect(await kubectl('get', 'pods', '-l', 'app=store', '-o', 'name')).not.toContain(before);
    expect(await kubectl('logs', 'deployment/store')).toContain('listening on');
  });
});

describe('daemon sets', () => {
  it('keep one pod, with a folder of the machine', async () => {
    const template = {
      metadata: { labels: { app: 'ca' } },
      spec: {
        hostNetwork: true,
        terminationGracePeriodSeconds: 1,
        containers: [
          shell('echo here >/host/proof; sleep 1000', { volumeMounts: [{ name: 'host', mountPath: '/host' }] }),
        ],
        volumes: [{ name: 'host', hostPath: { path: `${cluster.dataDir}/proof`, type: 'DirectoryOrCreate' } }],
      },
    };
    await apply({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'ca' },
      spec: { selector: { matchLabels: { app: 'ca' } }, template },
    });
    await kubectl('rollout', 'status', 'daemonset/ca', '--timeout=30s');
    await eventually(async () => expect(await readFile(`${cluster.dataDir}/proof/proof`, 'utf8')).toBe('here\n'));
    expect(await kubectl('get', 'daemonset', 'ca', '--no-headers')).toMatch(/^ca\s+1\s+1\s+1\s+1\s+1\s/);
  });
});

describe('a cluster that is killed', () => {
  it('leaves no process behind, and goes on with its pods', async () => {
    const container = shell('echo "$$$$" >/keep/pid; cat /keep/pid; sleep 1000', {
      volumeMounts: [{ name: 'keep', mountPath: '/keep' }],
    });
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
    await apply(
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'keep' }, spec: claim },
      pod('survivor', container, {
        restartPolicy: 'Always',
        volumes: [{ name: 'keep', persistentVolumeClaim: { claimName: 'keep' } }],
      }),
    );
    await eventually(async () => expect(await kubectl('logs', 'survivor')).toMatch(/^\d+\n$/));
    const pid = Number(await kubectl('logs', 'survivor'));
    expect(isAlive(pid)).toBe(true);
    await cluster.kill9();
    await eventually(() => expect(isAlive(pid)).toBe(false));
    await cluster.restart();
    await eventually(async () => {
      expect(await kubectl('get', 'pod', 'survivor', '--no-headers')).toMatch(/^survivor\s+1\/1\s+Running\s+1 \(/);
    });
    expect(Number(await kubectl('logs', 'survivor', '--previous'))).toBe(pid);
  });
});

/** Whether the kernel holds limits for this process. */
function hasControlGroups(): boolean {
  const isNew = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const folder = `/sys/fs/cgroup/${isNew ? '' : 'memory/'}longshore-probe-${process.pid}`;
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
