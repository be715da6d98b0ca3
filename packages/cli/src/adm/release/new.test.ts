import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLongshore, temporaryFolder, type Longshore } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testing/run-command.js';
import { publishComponents } from './testing/component-images.js';

let registry: Longshore;
const dir = temporaryFolder('release-new');
const stream = join(dir, 'stream.yaml');
const digests: Record<string, string> = {};
const env = { HOME: dir };
const run = (command: string, ...args: string[]) =>
  runCommand(['adm', 'release', command, '--insecure', ...args], { env });
const made = (...args: string[]) => run('new', ...args);

beforeAll(async () => {
  registry = await startLongshore({
    config: { version: 0.1, http: { addr: '127.0.0.1:0' }, storage: { inmemory: {} }, longshore: { workers: 1 } },
  });
  Object.assign(digests, await publishComponents(registry.url));
  const tags = Object.entries(digests).map(([name, digest]) => ({
    name,
    from: { kind: 'DockerImage', name: `${registry.address}/ocp/art-dev@${digest}` },
  }));
  await writeFile(stream, JSON.stringify({ kind: 'ImageStream', metadata: { name: '4.99' }, spec: { tags } }));
}, 60_000);

afterAll(() => registry.stop());

const place = (tag: string) => `${registry.address}/ocp/release:${tag}`;

describe('longshore adm release new', () => {
  it('makes a release of an ImageStream', async () => {
    const signature = join(dir, 'sign.json');
    const metadata = '--metadata={"url":"https://example.test/errata"}';
    const args = ['-f', stream, '--name=4.99.0', '--previous=4.98.1,4.98.0', metadata, `--to-signature=${signature}`];
    const { status, stdout, stderr } = await made(...args, `--to-image=${place('v1')}`);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'info: Found 2 images in image stream\n' +
        `info: Loading ${digests['cli']} cli\n` +
        `info: Loading ${digests['cluster-version-operator']} cluster-version-operator\n` +
        `info: Pushed to ${place('v1')}\n`,
    });
    const [digest = ''] = stdout.split(' ');
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64} 4\.99\.0 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
    const found = JSON.parse((await run('info', '-o', 'json', place('v1'))).stdout) as object;
    expect(found).toMatchObject({
      digest,
      metadata: { version: '4.99.0', previous: ['4.98.0', '4.98.1'], metadata: { url: 'https://example.test/errata' } },
      config: {
        config: {
          Labels: {
            'io.openshift.release': '4.99.0',
            'io.openshift.release.base-image-digest': digests['cluster-version-operator'],
          },
        },
        history: [{ comment: 'Release image for OpenShift' }],
      },
      references: {
        spec: { tags: [{ name: 'cli', annotations: { 'io.openshift.build.commit.id': 'c'.repeat(40) } }, {}] },
      },
    });
    expect((await run('info', '--contents', place('v1'))).stdout).toBe(
      '---\n# 0000_00_ns.yaml\nkind: Namespace\n---\n# 0000_50_cluster-version-operator_deploy.yaml\n' +
        `image: ${registry.address}/ocp/art-dev@${digests['cli']}\nversion: 4.99.0\n`,
    );
    expect(JSON.parse(await readFile(signature, 'utf8'))).toMatchObject({
      critical: {
        image: { 'docker-manifest-digest': digest },
        identity: { 'docker-reference': `${registry.address}/ocp/release@${digest}` },
      },
    });
  });

  it('makes the same of a release in which nothing changes', async () => {
    const first = await made('-f', stream, '--name=4.99.1', `--to-image=${place('v2')}`);
    const again = await made(`--from-release=${place('v2')}`, '--dry-run');
    expect(again).toMatchObject({ status: 0, stdout: first.stdout });
    const changed = await made(`--from-release=${place('v2')}`, '--name=4.99.2', '--dry-run');
    expect(changed.stdout).toMatch(/ 4\.99\.2 /);
  });

  it.each<[string[], number, RegExp]>([
    [['--dry-run'], 2, /name the images by/],
    [['-f', stream], 2, /name the image by --to-image, or pass --to-dir/],
    [['-f', stream, '--dry-run', '--name=x'], 2, /no semantic version/],
    [['-f', stream, '--dry-run', '--name=1.0.0', '--exclude=none'], 2, /no image none/],
    [['-f', stream, '--dry-run', '--name=1.0.0', '--exclude=cli'], 1, /needs the image cli/],
    [['-f', stream, '--dry-run', 'cli'], 2, /"cli" must be COMPONENT=PULLSPEC/],
    [['-f', stream, '--dry-run', 'cli=oci:folder'], 2, /a release names images of registries/],
    [['-f', stream, '--from-release=x', '--dry-run'], 2, /cannot be used with/],
    [['--from-release=x', '--from-dir=y', '--dry-run'], 2, /cannot be used with/],
    [['--from-release=x', '--reference-mode=public', '--dry-run'], 2, /--reference-mode is for ImageStreams/],
    [['-f', stream, '--dry-run', '--reference-mode=public'], 2, /no status.publicDockerImageRepository/],
    [['-f', stream, '--dry-run', '--to-signature=x'], 2, /--to-signature is for --to-image/],
    [['-f', stream, '--dry-run', '--component-versions=oc=1.0'], 2, /"oc" is none of kubernetes, machine-os/],
    [['-f', stream, '--dry-run', '--mirror=mirror.test/a:v1'], 2, /--mirror names a repository/],
    [['-f', stream, '--dry-run', '--mirror=file://a'], 2, /--mirror: file:\/\/a is no repository of a registry/],
    [['-f', stream, '--to-image=oci:x'], 2, /--to-image: oci:x is no repository of a registry/],
    [['-f', '/none', '--dry-run'], 2, /ENOENT/],
    [['--from-dir=x', '--allow-missing-images', '--dry-run'], 2, /are for manifests of images, not of --from-dir/],
    [['-f', '/dev/zero', '--dry-run'], 2, /has more than the 16777216 bytes/],
    [['--mapping-file', stream, '--dry-run'], 2, /stream\.yaml:1: .* must be COMPONENT=PULLSPEC/],
    [['--from-dir', '/none', '--dry-run'], 2, /^longshore: .*\/none/],
    [['-f', stream, '--dry-run', '--name=1.0.0', '--to-image-base-tag=no'], 1, /no image no to be laid over/],
  ])('%j is refused', async (args, status, message) => {
    const result = await made(...args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});
