/** What the commands for image streams say and do, in an embedded cluster beside another registry (registry.md 9). */
import { join } from 'node:path';
import {
  createImage,
  pushTree,
  startCluster,
  startDockerRegistry,
  temporaryFolder,
  type DockerRegistry,
  type RunningCluster,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

const [v1, v2] = ['v1', 'v2'].map((seed) => createImage({ seed }));
const [digest, other] = [v1!.descriptor.digest, v2!.descriptor.digest];
let upstream: DockerRegistry;
let cluster: RunningCluster;
let source: string;

beforeAll(async () => {
  upstream = await startDockerRegistry({ root: join(temporaryFolder('upstream'), 'content') });
  for (const [tag, image] of Object.entries({ v1: v1!, v2: v2! })) await pushTree(upstream, 'team/app', image, tag);
  source = `${upstream.address}/team/app`;
  cluster = await startCluster();
  for (const name of ['shop', 'test']) await cluster.kubectl(['create', 'namespace', name]);
}, 90_000);
afterAll(() => Promise.all([upstream?.stop(), cluster?.stop()]));

const run = (...args: string[]) =>
  runCommand([...args, '-n', 'shop'], { env: { KUBECONFIG: cluster.kubeconfig, HOME: cluster.dataDir } });
const done = (stdout: string) => ({ status: 0, stdout, stderr: '' });
const failed = (message: string, status = 1) => ({ status, stdout: '', stderr: `longshore: ${message}\n` });
const imported = (stream: string, how: string, ...lines: string[]) =>
  [`imagestream.image.openshift.io/${stream} ${how}`, '', ...lines, ''].join('\n');

async function read(path: string, name: string, namespace = 'shop'): Promise<string> {
  return (await cluster.kubectl(['get', name, '-n', namespace, '-o', `jsonpath=${path}`])).stdout;
}

describe('import-image', () => {
  const from = (tag: string) => `--from=${source}:${tag}`;

  it('makes a stream only when that is confirmed', async () => {
    const message = 'no image stream named "app" exists, pass --confirm to create and import';
    expect(await run('import-image', 'app:v1', from('v1'))).toEqual(failed(message));
  });

  it('tells what went wrong, and keeps it in the stream', async () => {
    const why = `registry ${upstream.address} is HTTP only and requires the insecure flag to import`;
    expect(await run('import-image', 'app:v1', from('v1'), '--confirm')).toEqual({
      ...done(imported('app', 'imported with errors', `app:v1  error: ${why}`)),
      status: 1,
    });
    expect(await read('{.status.tags[0].conditions[0].message}', 'is/app')).toBe(why);
  });

  it('takes its switches with values, as oc does', async () => {
    const said = imported('app', 'imported', `app:v1  ${digest}`);
    const switches = ['--confirm=true', '--insecure=true', '--scheduled=false'];
    expect(await run('import-image', 'app:v1', from('v1'), ...switches)).toEqual(done(said));
    expect(await read('{.spec.tags[0].importPolicy.insecure} {.spec.tags[0].importPolicy.scheduled}', 'is/app')).toBe(
      'true ',
    );
  });

  it('imports a tag again by what the stream says of it', async () => {
    const said = imported('app', 'imported', `app:v1  ${digest}`);
    expect(await run('import-image', 'app:v1')).toEqual(done(said));
    expect(await read('{.status.tags[0].items[*].image}', 'is/app')).toBe(digest);
  });

  it('changes nothing on a dry run', async () => {
    const said = imported('app', 'imported (dry run)', `app:v2  ${other}`);
    expect(await run('import-image', 'app:v2', from('v2'), '--insecure', '--dry-run')).toEqual(done(said));
    expect(await read('{.spec.tags[*].name}', 'is/app')).toBe('v1');
  });

  it('imports all tags of a repository', async () => {
    const said = imported('all', 'imported', `all:v1  ${digest}`, `all:v2  ${other}`);
    const policies = ['--reference-policy=local', '--import-mode=PreserveOriginal'];
    expect(
      await run('import-image', 'all', `--from=${source}`, '--all', '--confirm', '--insecure', ...policies),
    ).toEqual(done(said));
    expect(await read('{.spec.tags[*].referencePolicy.type}', 'is/all')).toBe('Local Local');
  });
});

describe('tag', () => {
  it.each<[string[], string]>([
    [['app:v1', 'app:fixed'], `Tag app:fixed set to app@${digest}.`],
    [['app:v1', 'app:prod', '--alias'], 'Tag app:prod set up to track app:v1.'],
    [['app:v1', 'test/copy:v1'], `Tag test/copy:v1 set to app@${digest}.`],
    [['quay.io/org/app:1', 'app:noted', '--reference=true'], 'Tag app:noted set to quay.io/org/app:1.'],
    [[`app@${digest.slice(0, 20)}`, 'app:begun'], `Tag app:begun set to app@${digest}.`],
    [['app:prod', '--delete'], 'Deleted tag shop/app:prod.'],
  ])('%j', async (args, said) => {
    expect(await run('tag', ...args)).toEqual(done(`${said}\n`));
  });

  it('sets one source for several tags, and imports it from time to time', async () => {
    const said = ['a', 'b'].map((tag) => `Tag app:${tag} set to import ${source}:v1 periodically.\n`).join('');
    const args = ['tag', `${source}:v1`, 'app:a', 'app:b', '--scheduled', '--insecure'];
    expect(await run(...args)).toEqual(done(said));
    const policies = '{.spec.tags[?(@.name=="a")].importPolicy}{.spec.tags[?(@.name=="b")].importPolicy}';
    const policy = /^(\{"importMode":"\w+","insecure":true,"scheduled":true\})\1$/;
    expect(await read(policies, 'is/app')).toMatch(policy);
  });

  it.each<[string[], string, number?]>([
    [['app:none', 'app:x'], '"app:none" is not currently pointing to an image, cannot use it as the source of a tag'],
    [['app:v1', 'test/copy:x', '--alias'], 'cannot set alias across different Image Streams', 2],
    [['app:v1', 'app:-x'], '"app:-x" is no [NAMESPACE/]STREAM:TAG', 2],
    [['app:v1'], 'you must specify a source and at least one destination', 2],
    [['app@sha256:00', 'app:x'], 'imagestreamimages.image.openshift.io "sha256:00" not found'],
    [['app:gone', '--delete'], 'imagestreamtags.image.openshift.io "app:gone" not found'],
  ])('refuses %j', async (args, message, status) => {
    expect(await run('tag', ...args)).toEqual(failed(message, status));
  });
});

describe('registry info', () => {
  it.each([[[]], [['--internal']], [['--internal=true', '--check', '--insecure']]])(
    'tells the host, %j',
    async (args) => {
      expect(await run('registry', 'info', ...args)).toEqual(done(`${cluster.registryAddress}\n`));
    },
  );

  it('is quiet when that is wanted, and tells by its status', async () => {
    expect(await run('registry', 'info', '--quiet')).toEqual(done(''));
    expect(await run('registry', 'info', '--public')).toEqual(
      failed('the integrated registry has not been configured'),
    );
    expect((await run('registry', 'info', '--public', '--internal')).status).toBe(2);
  });
});
