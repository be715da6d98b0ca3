import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  createImage,
  createIndex,
  getManifest,
  pushTree,
  requireProgram,
  runProgram,
  startDockerRegistry,
  tarOf,
  temporaryFolder,
  type RunningRegistry,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../bin/longshore.js');
const dir = temporaryFolder('append');
const env = { PATH: process.env['PATH'], HOME: dir, XDG_STATE_HOME: join(dir, 'state') };

const platforms = ['amd64', 'arm64'].map((architecture) =>
  createImage({ seed: architecture, platform: { os: 'linux', architecture } }),
);
const tar = tarOf([{ path: 'etc/motd', content: Buffer.from('ahoy\n') }]);
let registry: RunningRegistry;
let host: string;

beforeAll(async () => {
  registry = await startDockerRegistry({ root: temporaryFolder('append-registry') });
  host = new URL(registry.url).host;
  await pushTree(registry, 'team/app', platforms[0]!, 'v1');
  await pushTree(registry, 'team/app', createIndex(platforms), 'all');
  writeFileSync(join(dir, 'layer.tar'), tar);
  writeFileSync(join(dir, 'layer.tar.gz'), gzipSync(tar));
  writeFileSync(
    join(dir, 'no-layer.txt'),
    'no archive at all, and long enough to be more than one header of tar'.repeat(20),
  );
  writeFileSync(join(dir, 'empty.tar'), '');
}, 60_000);
afterAll(() => registry.stop());

const append = (args: string[], input?: Buffer) =>
  runProgram(process.execPath, [MAIN, 'image', 'append', '--insecure', ...args], {
    env,
    cwd: dir,
    mayFail: true,
    ...(input && { input }),
  });

interface Found {
  manifest: { mediaType: string; layers: { digest: string; mediaType: string }[]; manifests: { digest: string }[] };
  config: Record<string, unknown> & {
    config: Record<string, unknown>;
    rootfs: { diff_ids: string[] };
    history: object[];
  };
}

/** Manifest and configuration, as skopeo reads them. */
async function inspect(reference: string): Promise<Found> {
  const skopeo = await requireProgram('skopeo', 'skopeo');
  const read = async (...args: string[]) =>
    JSON.parse(
      (await runProgram(skopeo, ['inspect', '--tls-verify=false', '--raw', ...args, reference])).stdout,
    ) as never;
  return { manifest: await read(), config: await read('--config') };
}

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('longshore image append', () => {
  it('lays a layer over an image and changes how it runs', async () => {
    const created = '2026-01-31T12:00:00.000Z';
    const patch = '{"entrypoint":["/bin/app"],"Env":["LEVEL=warn"],"Labels":{"team":"harbour"}}';
    const args = [
      `--from=${host}/team/app:v1`,
      `--to=${host}/team/app:v2`,
      `--image=${patch}`,
      `--created-at=${created}`,
    ];
    const { stdout, stderr, status } = await append([...args, '--meta={"author":"harbour"}', 'layer.tar.gz']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Uploading .+ \.\.\.\n$/);
    expect(stdout).toMatch(new RegExp(`^Pushed sha256:[0-9a-f]{64} to ${host}/team/app:v2\n$`));
    const { manifest, config } = await inspect(`docker://${host}/team/app:v2`);
    const base = await inspect(`docker://${host}/team/app:v1`);
    expect(manifest.layers).toMatchObject([...base.manifest.layers, { digest: sha256(gzipSync(tar)) }]);
    expect(config.rootfs.diff_ids).toEqual([...base.config.rootfs.diff_ids, sha256(tar)]);
    expect(config).toMatchObject({
      created,
      author: 'harbour',
      config: { Entrypoint: ['/bin/app'], Env: ['LEVEL=warn'], Labels: { team: 'harbour' } },
    });
    expect(config.history.at(-1)).toEqual({ created, comment: 'added layer.tar.gz' });
  });

  it('makes an image of layers alone, from standard input too', async () => {
    const { status } = await append([`--to=${host}/team/files:v1`, '--drop-history', 'layer.tar', '-'], gzipSync(tar));
    expect(status).toBe(0);
    const { manifest, config } = await inspect(`docker://${host}/team/files:v1`);
    expect(config.rootfs.diff_ids).toEqual([sha256(tar), sha256(tar)]);
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual(
      Array(2).fill('application/vnd.docker.image.rootfs.diff.tar.gzip'),
    );
    expect(config.history).toBeUndefined();
  });

  it.each([
    ['each image of a list', [], [1, 1]],
    ['some images of a list', ['--filter-by-os=arm64'], [0, 1]],
  ])('lays it over %s', async (_, more, added) => {
    const to = `${host}/team/app:list`;
    const { status } = await append([
      '--keep-manifest-list',
      ...more,
      `--from=${host}/team/app:all`,
      `--to=${to}`,
      'layer.tar',
    ]);
    expect(status).toBe(0);
    const list = JSON.parse((await getManifest(registry, 'team/app', 'list')).body.toString()) as Found['manifest'];
    const before = platforms.map(({ descriptor }) => descriptor.digest);
    expect(list.manifests.map(({ digest }, index) => Number(digest !== before[index]))).toEqual(added);
  });

  it('takes the image of this machine from a list, or the one that is asked for', async () => {
    await append([`--from=${host}/team/app:all`, `--to=${host}/team/app:one`, '--filter-by-os=arm64', 'layer.tar']);
    expect((await inspect(`docker://${host}/team/app:one`)).config['architecture']).toBe('arm64');
  });

  it('writes to a folder and to a layout, and reads from a folder', async () => {
    mkdirSync(join(dir, 'media'), { recursive: true });
    await append(['--dir=media', `--from=${host}/team/app:v1`, '--to=file://app:v3', 'layer.tar']);
    const { status } = await append(['--from-dir=media', '--from=file://app:v3', '--to=oci:layout:v4', 'layer.tar.gz']);
    expect(status).toBe(0);
    const { config } = await inspect(`oci:${join(dir, 'layout')}:v4`);
    expect(config.rootfs.diff_ids.slice(-2)).toEqual([sha256(tar), sha256(tar)]);
    expect((await append(['--from=oci:layout:v4', '--to=oci-archive:out.tar:v5', 'layer.tar'])).status).toBe(0);
    const again = await append(['--from=oci-archive:out.tar', '--to=docker-archive:docker.tar:app:v6', 'layer.tar']);
    expect(again.status).toBe(0);
    const { config: last } = await inspect(`docker-archive:${join(dir, 'docker.tar')}:app:v6`);
    expect(last.rootfs.diff_ids.slice(-4)).toEqual(Array(4).fill(sha256(tar)));
  });

  it('pushes nothing in a dry run', async () => {
    const to = `${host}/team/none:v1`;
    const { stdout, status } = await append(['--dry-run', `--to=${to}`, 'layer.tar']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Would push sha256:/);
    expect((await getManifest(registry, 'team/none', 'v1')).status).toBe(404);
  });

  it.each<[string, string[], number, RegExp]>([
    ['nothing to do', [], 2, /name an image by --from, or layers/],
    ['what is no archive', ['no-layer.txt'], 1, /no-layer\.txt: is no tar archive/],
    ['what is empty', ['empty.tar'], 1, /empty\.tar: is no tar archive.*it is empty/],
    ['a file that is not there', ['none.tar'], 1, /none\.tar: the layer cannot be read: ENOENT/],
    ['a field that is none', ['--image={"Entry":[]}', 'layer.tar'], 2, /"Entry" is no field; there are User,/],
    ['a field of another form', ['--image={"Entrypoint":"x"}', 'layer.tar'], 2, /Entrypoint must be a list of texts/],
    ['layers in a patch', ['--meta={"rootfs":{}}', 'layer.tar'], 2, /"rootfs" is no field/],
    ['what is no JSON', ['--meta={', 'layer.tar'], 2, /--meta: expected a JSON object/],
    ['a time that is none', ['--created-at=soon', 'layer.tar'], 2, /It is a time such as/],
  ])('refuses %s', async (_, args, status, message) => {
    const result = await append([`--to=${host}/team/refused:v1`, ...args]);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  it('refuses a destination by digest', async () => {
    const { stderr, status } = await append([`--to=${host}/team/app@sha256:${'0'.repeat(64)}`, 'layer.tar']);
    expect(stderr).toContain('must name one tag');
    expect(status).toBe(2);
  });
});
