/** Of what releases are made, and where they go (mirror.md 3.1). */
import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  createIndex,
  getManifest,
  pushTree,
  startLongshore,
  StubRegistry,
  temporaryFolder,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../testing/run-command.js';
import { componentImage, COMPONENTS, publishComponents } from './testing/component-images.js';

const OPERATOR = { 'io.openshift.release.operator': 'true' };
const VERSIONS = 'io.openshift.build.versions';
let registry: Longshore;
let repository: string;
let digests: Record<string, string>;
let dir: string;
let stream: string;

beforeAll(async () => {
  registry = await startLongshore({
    config: { version: 0.1, http: { addr: '127.0.0.1:0' }, storage: { inmemory: {} }, longshore: { workers: 1 } },
  });
  repository = `${registry.address}/${COMPONENTS}`;
  digests = await publishComponents(registry.url);
}, 60_000);
afterAll(() => registry.stop());
beforeEach(async () => {
  dir = temporaryFolder('make-release');
  stream = join(dir, 'stream.json');
  await writeStream(Object.entries(digests).map(([name, digest]) => tagOf(name, `${repository}@${digest}`)));
});

const tagOf = (name: string, pullSpec: string) => ({ name, from: { kind: 'DockerImage', name: pullSpec } });
const writeStream = (tags: object[], status: object = {}) =>
  writeFile(stream, JSON.stringify({ kind: 'ImageStream', metadata: { name: 'x' }, spec: { tags }, status }));
const release = (command: string, ...args: string[]) =>
  runCommand(['adm', 'release', command, '--insecure', ...args], {
    env: { HOME: dir, XDG_STATE_HOME: join(dir, 'state') },
  });
const place = (tag: string) => `${registry.address}/ocp/release:${tag}`;
const publish = async (image: GeneratedManifest, tag?: string) => {
  await pushTree({ url: registry.url }, COMPONENTS, image, tag);
  return image.descriptor.digest;
};

interface Stream {
  metadata: { name: string; creationTimestamp: string };
  spec: { tags: { name: string; annotations: Record<string, string> | null; from: { name: string } }[] };
}

/** What the release would say, and nothing is written. */
async function planned(...args: string[]): Promise<Stream> {
  const { status, stdout, stderr } = await release('new', '-o', 'json', '--dry-run', ...args);
  expect({ status }, stderr).toEqual({ status: 0 });
  return JSON.parse(stdout) as Stream;
}

const imagesOf = ({ spec }: Stream) => Object.fromEntries(spec.tags.map(({ name, from }) => [name, from.name]));

/** The manifests of a release of the stream. */
async function manifests(...args: string[]): Promise<Record<string, string>> {
  const to = join(dir, 'manifests');
  const { status, stderr } = await release('new', '-f', stream, '--name=4.99.0+build', `--to-dir=${to}`, ...args);
  expect({ status }, stderr).toEqual({ status: 0 });
  const names = readdirSync(to).filter((name) => name.startsWith('0000_'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(to, name), 'utf8')] as const)),
  );
}

describe('a release is made of', () => {
  it('an ImageStream, with the version of its day', async () => {
    const { metadata, ...found } = await planned('-f', stream);
    expect(metadata.name).toMatch(/^0\.0\.1-\d{4}-\d\d-\d\d-\d{6}$/);
    expect(imagesOf({ metadata, ...found })).toEqual({
      cli: `${repository}@${digests['cli']}`,
      'cluster-version-operator': `${repository}@${digests['cluster-version-operator']}`,
    });
  });

  it('an ImageStream of the cluster', async () => {
    const tags = Object.entries(digests).map(([tag, image]) => ({ tag, items: [{ image }] }));
    const status = { tags, publicDockerImageRepository: repository };
    const server = await StubRegistry.start();
    server.intercept = ({ path }, response) => {
      response.end(JSON.stringify({ kind: 'ImageStream', metadata: { name: path }, spec: {}, status }));
      return true;
    };
    const kubeconfig = join(dir, 'kubeconfig');
    const named = (name: string, value: object) => [{ name: 'it', [name]: value }];
    const config = {
      clusters: named('cluster', { server: server.url }),
      contexts: named('context', { cluster: 'it', user: 'it' }),
      users: named('user', {}),
      'current-context': 'it',
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    try {
      const found = await planned('--from-image-stream=4.99', '-n', 'ocp', `--kubeconfig=${kubeconfig}`);
      expect(imagesOf(found)).toMatchObject({ cli: `${repository}@${digests['cli']}` });
      expect(server.requests.map(({ path }) => path)).toEqual([
        '/apis/image.openshift.io/v1/namespaces/ocp/imagestreams/4.99',
      ]);
    } finally {
      await server.close();
    }
  });

  it('images by digest or tag, from files, too; the last one counts', async () => {
    const other = await publish(componentImage({}, { 'bin/other': 'other' }), 'other');
    const mapping = join(dir, 'mapping');
    await writeFile(
      mapping,
      `# ours\r\ncli=${repository}@${digests['cli']} # not this\r\n\r\ntests=${repository}:other\r\n`,
    );
    expect(imagesOf(await planned('-f', stream, '--mapping-file', mapping, `cli=${repository}:other`))).toMatchObject({
      cli: `${repository}@${other}`,
      tests: `${repository}@${other}`,
    });
  });

  it('another release', async () => {
    const made = await release('new', '-f', stream, '--name=4.99.0', '--next=5.0.0', `--to-image=${place('v1')}`);
    const { status, stdout, stderr } = await release(
      'new',
      `--from-release=${place('v1')}`,
      `--to-image=${place('v2')}`,
    );
    expect([status, stdout, stderr]).toEqual([
      0,
      made.stdout,
      expect.stringMatching(/^info: Found 2 images in release\n/),
    ]);
  });

  it('a folder, with the manifests as they stand there', async () => {
    const [first, second] = [join(dir, 'first'), join(dir, 'second')];
    const made = ['-f', stream, '--name=4.99.0', '--previous=4.98.0', '--previous=4.98.1', `--to-dir=${first}`];
    expect(await release('new', ...made)).toMatchObject({ status: 0 });
    await writeFile(join(first, '0000_00_ns.yaml'), 'kind: Namespace # changed\n');
    const again = await release('new', `--from-dir=${first}`, `--to-image=${place('folder')}`);
    expect(again).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(`Found 2 images in ${first}\n`) as unknown,
    });
    expect(again.stderr).not.toContain('Loading');
    expect(await release('extract', `--to=${second}`, place('folder'))).toMatchObject({ status: 0 });
    expect(readdirSync(second)).toEqual(readdirSync(first));
    expect(await readFile(join(second, '0000_00_ns.yaml'), 'utf8')).toContain('# changed');
    const other = await publish(componentImage({}, { 'bin/folder': 'other' }));
    const replaced = [`--from-dir=${first}`, `cli=${repository}@${other}`, `--to-dir=${second}`];
    expect(await release('new', ...replaced)).toMatchObject({ status: 0 });
    const deployed = await readFile(join(second, '0000_50_cluster-version-operator_deploy.yaml'), 'utf8');
    expect(deployed).toContain(`image: ${repository}@${other}\n`);
    const metadata = await readFile(join(second, 'release-metadata'), 'utf8');
    expect(JSON.parse(metadata)).toMatchObject({ version: '4.99.0', previous: ['4.98.0', '4.98.1'] });
  });
});

describe('names of images in a stream', () => {
  const internal = 'registry.internal/ocp/x';
  beforeEach(async () => {
    const cli = digests['cli'] ?? '';
    const items = [{ image: cli, dockerImageReference: `${internal}@${cli}` }];
    const tags = ['cli', 'cluster-version-operator'].map((tag) => ({ tag, items }));
    await writeStream([tagOf('cli', `${internal}/own@${cli}`), { name: 'cluster-version-operator' }], {
      publicDockerImageRepository: repository,
      tags,
    });
  });

  it.each([
    [[], `${internal}/own`, () => repository],
    [['--reference-mode=source'], `${internal}/own`, () => internal],
    [['--reference-mode=public'], undefined, () => repository],
  ])('by %j', async (args, cli, cvo) => {
    const digest = digests['cli'] ?? '';
    const mapping = [`--to-image-base=${repository}@${digest}`, '--skip-manifest-check'];
    const idms = join(dir, 'idms.json');
    const sets = [`${internal}/own`, internal].map((source) => ({ source, mirrors: [repository] }));
    await writeFile(idms, JSON.stringify({ kind: 'ImageDigestMirrorSet', spec: { imageDigestMirrors: sets } }));
    expect(imagesOf(await planned('-f', stream, `--idms-file=${idms}`, ...mapping, ...args))).toEqual({
      cli: `${cli ?? repository}@${digest}`,
      'cluster-version-operator': `${cvo()}@${digest}`,
    });
  });
});

describe('manifests', () => {
  const operator = (files: Record<string, string>, ...below: Record<string, string>[]) =>
    publish(
      componentImage(
        OPERATOR,
        ...below,
        Object.fromEntries(Object.entries(files).map(([name, text]) => [`manifests/${name}`, text])),
      ),
    );
  const withOperator = async (files: Record<string, string>, ...below: Record<string, string>[]) =>
    writeStream([
      ...Object.entries(digests).map(([name, digest]) => tagOf(name, `${repository}@${digest}`)),
      tagOf('operator', `${repository}@${await operator(files, ...below)}`),
    ]);
  const FILE = '0000_50_operator_a.yaml';

  it('get the versions of the release and of what it is built of', async () => {
    await withOperator({ 'a.yaml': 'a: 0.0.1-snapshot\nb: 0.0.1-snapshot-kubernetes\nc: 10.0.1-snapshot\n' });
    const kube = await publish(componentImage({ [VERSIONS]: 'kubernetes=1.30.2' }, { 'bin/kube': 'kube' }));
    const args = [`kube=${repository}@${kube}`];
    const text = (kubernetes: string) => `a: 4.99.0\nb: ${kubernetes}\nc: 10.0.1-snapshot\n`;
    expect(await manifests(...args)).toMatchObject({ [FILE]: text('1.30.2') });
    expect(await manifests(...args, '--component-versions=kubernetes=1.31.0')).toMatchObject({
      [FILE]: text('1.31.0'),
    });
    const refused = await release('new', '-f', stream, '--dry-run');
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining(
        'a.yaml: 0.0.1-snapshot-kubernetes stands for a version of kubernetes, which no image names',
      ),
    ]);
  });

  it('may need images that the release does not have, when that is allowed', async () => {
    const spec = { tags: [{ name: 'gone', from: { kind: 'DockerImage', name: 'registry.ci/origin:gone' } }] };
    await withOperator({ 'a.yaml': 'image: registry.ci/origin:gone\n', 'image-references': JSON.stringify({ spec }) });
    expect(await release('new', '-f', stream, '--dry-run')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('operator: needs the image gone') as unknown,
    });
    expect(await manifests('--allow-missing-images')).toMatchObject({ [FILE]: 'image: registry.ci/origin:gone\n' });
  });

  it('must be YAML, unless nobody looks', async () => {
    await withOperator({ 'a.yaml': 'a: [\n', 'script.sh': 'a: [\n' });
    expect(await release('new', '-f', stream, '--dry-run')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^longshore: operator: a\.yaml: /m) as unknown,
    });
    expect(await manifests('--skip-manifest-check')).toMatchObject({ [FILE]: 'a: [\n' });
  });

  it('of a replaced image are in any of its layers', async () => {
    const below = { 'manifests/b.yaml': 'b: below\n', 'manifests/a.yaml': 'a: hidden\n' };
    await withOperator({ 'a.yaml': 'a: above\n' }, below);
    expect(Object.keys(await manifests())).not.toContain('0000_50_operator_b.yaml');
    const replaced = `operator=${repository}@${await operator({ 'a.yaml': 'a: above\n' }, below)}`;
    expect(await manifests(replaced)).toMatchObject({
      [FILE]: 'a: above\n',
      '0000_50_operator_b.yaml': 'b: below\n',
    });
  });

  it('must not be those of two images', async () => {
    await withOperator({ '0000_00_ns.yaml': 'kind: Namespace # another\n' });
    expect(await release('new', '-f', stream, '--dry-run')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'cluster-version-operator and operator both have a manifest 0000_00_ns.yaml',
      ) as unknown,
    });
  });
});

describe('a release goes', () => {
  it('to a folder and to an archive, and a dry run nowhere', async () => {
    const [to, file] = [join(dir, 'to'), join(dir, 'release.tar.gz')];
    const args = ['-f', stream, '--name=4.99.0', `--to-dir=${to}`, `--to-file=${file}`];
    expect(await release('new', ...args, '--dry-run')).toMatchObject({ status: 0 });
    expect([existsSync(to), existsSync(file)]).toEqual([false, false]);
    expect(await release('new', ...args)).toMatchObject({ status: 0 });
    expect(readdirSync(to)).toEqual([
      '0000_00_ns.yaml',
      '0000_50_cluster-version-operator_deploy.yaml',
      'image-references',
      'release-metadata',
    ]);
    const archive = gunzipSync(await readFile(file)).toString('latin1');
    for (const name of readdirSync(to)) expect(archive).toContain(`release-manifests/${name}\0`);
    expect(await release('new', '-f', stream, `--to-file=${dir}`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`failed to write ${dir}: open ${dir}: `) as unknown,
    });
  });

  it('to a registry with its images, which it names there', async () => {
    const args = ['-f', stream, '--name=4.99.0', `--mirror=${registry.address}/mirrored/images`];
    expect((await release('new', ...args, '--dry-run')).stderr).toContain(
      `info: Mirroring 2 images to ${registry.address}/mirrored/images, `,
    );
    const tag = '4.99.0-x86_64-cli';
    expect((await getManifest({ url: registry.url }, 'mirrored/images', tag)).status).toBe(404);
    const { status, stderr } = await release('new', ...args, `--to-image=${place('mirrored')}`);
    expect({ status }, stderr).toEqual({ status: 0 });
    const { headers } = await getManifest({ url: registry.url }, 'mirrored/images', tag);
    expect(headers['docker-content-digest']).toBe(digests['cli']);
    const { stdout } = await release('info', '--contents', place('mirrored'));
    expect(stdout).toContain(`image: ${registry.address}/mirrored/images@${digests['cli']}\n`);
  });

  it('over an image that is named, for all its platforms when they are kept', async () => {
    const children = ['amd64', 'arm64'].map((architecture) => {
      const image = componentImage({ architecture }, { 'bin/base': architecture });
      return { ...image, descriptor: { ...image.descriptor, platform: { os: 'linux', architecture } } };
    });
    const list = createIndex(children, { mediaTypes: 'docker' });
    await publish(list, 'base');
    const args = ['-f', stream, '--name=4.99.0', `--to-image-base=${repository}:base`];
    expect(await release('new', ...args, `--to-image=${place('one')}`)).toMatchObject({ status: 0 });
    expect(await release('new', ...args, '--keep-manifest-list', `--to-image=${place('all')}`)).toMatchObject({
      status: 0,
    });
    const platforms = async (tag: string) => {
      const { body } = await getManifest({ url: registry.url }, 'ocp/release', tag);
      const { manifests: found = [] } = JSON.parse(body.toString()) as { manifests?: { platform: object }[] };
      return found.map(({ platform }) => platform);
    };
    expect([await platforms('one'), await platforms('all')]).toEqual([
      [],
      children.map(({ descriptor }) => descriptor.platform),
    ]);
    const { stdout } = await release('info', '-o', 'json', place('one'));
    expect(JSON.parse(stdout)).toMatchObject({
      config: {
        config: { Labels: { architecture: 'amd64', 'io.openshift.release.base-image-digest': list.descriptor.digest } },
      },
    });
    expect((await release('info', '-o', 'name', place('all'))).stdout).toBe('cli\ncluster-version-operator\n');
  });
});
