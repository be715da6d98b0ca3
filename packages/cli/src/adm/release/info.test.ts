import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createImage, StubRegistry, temporaryFolder } from '@longshore/testkit';
import { signatureConfigMap } from '@longshore/mirror/signatures';
import { parseDigest } from '@longshore/oci';
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testing/run-command.js';
import { createRelease, type TestImage, type TestRelease } from './testing/release-image.js';

const REPOSITORY = 'ocp/art-dev';
const COMPONENTS = Object.fromEntries(
  ['cli', 'cluster-version-operator', 'machine-config-operator'].map((name) => [
    name,
    createImage({ seed: name, mediaTypes: 'docker' }),
  ]),
);
let registry: StubRegistry;
let release: TestRelease;
let next: TestRelease;
let place: string;

/** A registry with two releases. */
beforeAll(async () => {
  registry = await StubRegistry.start();
  const repository = `${registry.host}/${REPOSITORY}`;
  release = await createRelease({ repository, components: COMPONENTS });
  next = await createRelease({
    repository,
    version: '4.99.1',
    components: { ...COMPONENTS, cli: createImage({ seed: 'newer', mediaTypes: 'docker' }) },
    commits: { cli: 'b'.repeat(40) },
    manifests: { '0000_00_cluster-version-operator_00_namespace.yaml': 'kind: Namespace\n# changed\n' },
  });
  for (const one of [release, next]) {
    for (const component of one.components.values()) registry.publish(REPOSITORY, component);
  }
  registry.publish('ocp/ocp-release', release.image, '4.99.0-x86_64');
  registry.publish('ocp/ocp-release', next.image, '4.99.1-x86_64');
  registry.publish('ocp/no-release', createImage({ seed: 'none', mediaTypes: 'docker' }), 'v1');
  place = `${registry.host}/ocp/ocp-release`;
});

afterAll(() => registry.close());

const env = { HOME: temporaryFolder('release-info') };
const info = (...args: string[]) => runCommand(['adm', 'release', 'info', '--insecure', ...args], { env });
const digestOf = (name: string) => release.components.get(name)?.descriptor.digest ?? '';

describe('longshore adm release info', () => {
  it('prints the report that is known', async () => {
    const { status, stdout, stderr } = await info(`${place}:4.99.0-x86_64`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { digest } = release.image.descriptor;
    expect(stdout).toBe(`Name:      4.99.0
Digest:    ${digest}
Created:   2026-11-22T02:25:15Z
OS/Arch:   linux/amd64
Manifests: 3

Pull From: ${place}@${digest}

Release Metadata:
  Version:  4.99.0
  Upgrades: 4.98.0, 4.98.1
  Metadata:
    url: https://example.test/errata

Component Versions:
  kubectl 1.30.0${' '}

Images:
  NAME                     DIGEST
  cli                      ${digestOf('cli')}
  cluster-version-operator ${digestOf('cluster-version-operator')}
  machine-config-operator  ${digestOf('machine-config-operator')}
`);
  });

  it.each([
    ['--digests', /\n {2}NAME {21}DIGEST\n {2}cli +sha256:/],
    ['--pullspecs', /\n {2}NAME {21}PULL SPEC\n {2}cli +127\.0\.0\.1:\d+\/ocp\/art-dev@sha256:/],
    ['--commits', /\n {2}NAME {21}REPO +COMMIT\n {2}cli +https:\/\/github\.com\/openshift\/cli +a{40}\n/],
    ['--commit-urls', /\n {2}NAME {21}URL\n {2}cli +https:\/\/github\.com\/openshift\/cli\/commit\/a{40}\n/],
    ['--size', /NAME +AGE LAYERS SIZE MB UNIQUE MB\n {2}cli +\d+y +1 +0\.0 +0\.0\n[^]*\n\n[\d.]+kB across 3 layers\n$/],
    ['--contents', /^---\n# 0000_00_cluster-version-operator_00_namespace.yaml\nkind: Namespace\n---\n/],
  ])('%s shows it', async (option, expected) => {
    const { status, stdout, stderr } = await info(option, `${place}:4.99.0-x86_64`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(expected);
  });

  it.each<[string[], () => string]>([
    [['-o', 'name'], () => 'cli\ncluster-version-operator\nmachine-config-operator\n'],
    [
      ['-o', 'digest'],
      () => [...release.components.values()].map(({ descriptor }) => `${descriptor.digest}\n`).join(''),
    ],
    [['--image-for=cli'], () => `${registry.host}/${REPOSITORY}@${digestOf('cli')}\n`],
    [['--verify'], () => `${release.image.descriptor.digest} 2026-11-22T02:25:15Z 4.99.0\n`],
  ])('%j prints lines', async (args, expected) => {
    expect(await info(...args, `${place}:4.99.0-x86_64`)).toEqual({ status: 0, stderr: '', stdout: expected() });
  });

  it('prints all for programs', async () => {
    const { stdout } = await info('-o', 'json', '--include-images', `${place}:4.99.0-x86_64`);
    const found = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(found)).toEqual(
      'image digest contentDigest listDigest config metadata references versions displayVersions versionsTags images warnings'.split(
        ' ',
      ),
    );
    expect(found).toMatchObject({
      digest: release.image.descriptor.digest,
      metadata: { version: '4.99.0' },
      references: { kind: 'ImageStream' },
      versions: { kubectl: '1.30.0' },
      displayVersions: { kubectl: { Version: '1.30.0', DisplayName: '' } },
      versionsTags: { kubectl: ['cli'] },
      images: { cli: { digest: digestOf('cli'), config: { os: 'linux' } } },
      warnings: [],
    });
  });

  it('fails when an image of the release is not there', async () => {
    const repository = `${registry.host}/ocp/elsewhere`;
    registry.publish('ocp/ocp-release', (await createRelease({ repository, components: COMPONENTS })).image, 'broken');
    const { status, stdout, stderr } = await info('--verify', `${place}:broken`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^longshore: the image [a-z-]+ cannot be read: /);
  });

  it.each([
    [['--image-for=none'], 1, /no image tag "none" exists/],
    [['--size', '--commits'], 2, /only one of --commits, --size/],
    [['--changelog'], 2, /needs two releases/],
    [['--include-images'], 2, /needs -o json/],
    [['--bugs=x'], 2, /issue tracker/],
    [['--idms-file=/none'], 2, /ENOENT/],
  ])('%j is refused', async (args, status, message) => {
    const result = await info(...args, `${place}:4.99.0-x86_64`);
    expect(result).toMatchObject({ status, stdout: '' });
    if (args[0] !== '--bugs=x') expect(result.stderr).toMatch(message);
  });

  it('refuses what is no release', async () => {
    const { stderr, status } = await info(`${registry.host}/ocp/no-release:v1`);
    expect({ stderr, status }).toEqual({
      status: 1,
      stderr: 'longshore: unable to load image-references from release payload\n',
    });
    expect(await info()).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/must specify a release image; no cluster can be asked/) as unknown,
    });
  });
});

describe('signatures', () => {
  it.each([
    [['--verify-signature'], 4, /does not say who signs it/],
    [['--verify-signature', '--signature-key=/none'], 2, /ENOENT/],
    [['--signature-store=https://s.test'], 2, /are for --verify-signature/],
  ])('%j', async (args, status, message) => {
    const result = await info(...args, `${place}:4.99.0-x86_64`);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(message);
  });

  it('of a key that is given vouch for a release', async () => {
    const dir = temporaryFolder('release-signature');
    const { digest } = release.image.descriptor;
    const pair = await generateKey({ type: 'ecc', userIDs: [{ name: 'Test' }] });
    await writeFile(join(dir, 'key.asc'), pair.publicKey);
    const signatureOf = async (signed: string) => {
      const critical = {
        type: 'atomic container signature',
        image: { 'docker-manifest-digest': signed },
        identity: { 'docker-reference': `${place}@${signed}` },
      };
      const message = await createMessage({ binary: Buffer.from(JSON.stringify({ critical, optional: {} })) });
      const signingKeys = await readPrivateKey({ armoredKey: pair.privateKey });
      return (await sign({ message, signingKeys, format: 'binary' })) as Uint8Array;
    };
    const verify = async (signed: string) => {
      const bytes = await signatureOf(signed);
      await writeFile(join(dir, 'map.json'), signatureConfigMap(parseDigest(digest), [bytes]));
      const options = [`--signature-key=${join(dir, 'key.asc')}`, `--signature-file=${join(dir, 'map.json')}`];
      return info('--verify-signature', ...options, '-o', 'name', `${place}:4.99.0-x86_64`);
    };
    expect(await verify(digest)).toMatchObject({ status: 0, stderr: '' });
    const refused = await verify(next.image.descriptor.digest);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toMatch(/is not verified by .*key\.asc: the signature is of sha256/);
  });
});

describe('two releases', () => {
  it.each([
    ['arguments', () => [`${place}:4.99.0-x86_64`, `${place}:4.99.1-x86_64`]],
    ['--changes-from', () => [`--changes-from=${place}:4.99.0-x86_64`, `${place}:4.99.1-x86_64`]],
  ])('as %s are compared', async (_, args) => {
    const { status, stdout } = await info(...args());
    expect(status).toBe(0);
    const digest = next.components.get('cli')?.descriptor.digest;
    expect(stdout).toContain(`Unchanged: 2 images

Images Changed:
  cli ${digestOf('cli')} ${digest}

Manifests:
  - 0000_50_machine-config-operator_deploy.yaml
  - 0000_90_cvo_verification.yaml
  ~ 0000_00_cluster-version-operator_00_namespace.yaml
`);
  });

  it('make a changelog', async () => {
    const { stdout } = await info('--changelog', `${place}:4.99.0-x86_64`, `${place}:4.99.1-x86_64`);
    expect(stdout).toContain('# 4.99.1\n');
    expect(stdout).toContain(
      `### Changed images\n\n* [cli](https://github.com/openshift/cli/tree/${'b'.repeat(40)}) at bbbbbbbb: ` +
        `[Full changelog](https://github.com/openshift/cli/compare/${'a'.repeat(40)}...${'b'.repeat(40)})\n`,
    );
  });

  it('are compared for programs', async () => {
    const { stdout } = await info('-o', 'json', `${place}:4.99.0-x86_64`, `${place}:4.99.1-x86_64`);
    expect(JSON.parse(stdout)).toMatchObject({
      from: '4.99.0',
      to: '4.99.1',
      changed: [{ name: 'cli' }],
      unchanged: 2,
    });
  });
});

describe('without the registry of the release', () => {
  /** Writes images into a folder as mirroring does (mirror.md 1.4). */
  async function folderOf(images: readonly TestImage[]): Promise<string> {
    const root = temporaryFolder('release-folder');
    const path = (...parts: string[]) => join(root, 'v2/openshift/release', ...parts);
    for (const kind of ['manifests', 'blobs']) await mkdir(path(kind), { recursive: true });
    for (const { blobs, bytes, descriptor } of images) {
      for (const blob of blobs) await writeFile(path('blobs', blob.descriptor.digest), blob.bytes);
      for (const kind of ['manifests', 'blobs']) await writeFile(path(kind, descriptor.digest), bytes);
    }
    await symlink(release.image.descriptor.digest, path('manifests', '4.99.0-x86_64'));
    return root;
  }

  it('all comes from the folder', async () => {
    const dir = await folderOf([release.image, ...release.components.values()]);
    const { length } = registry.requests;
    const { status, stdout, stderr } = await info('--size', '--dir', dir, 'file://openshift/release:4.99.0-x86_64');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Pull From: file://openshift/release@${release.image.descriptor.digest}\n`);
    expect(stdout).toContain('across 3 layers');
    expect(registry.requests).toHaveLength(length);
  });

  it('what the folder lacks comes from where the release says', async () => {
    const [first, ...others] = release.components.values();
    const dir = await folderOf([release.image, ...others]);
    const asked = registry.requests.length;
    const verify = (folder: string) => info('--verify', '--dir', folder, 'file://openshift/release:4.99.0-x86_64');
    expect(await verify(dir)).toMatchObject({ status: 0, stderr: '' });
    const paths = registry.requests.slice(asked).map(({ path }) => path);
    expect(paths).toContain(`/v2/${REPOSITORY}/manifests/${first?.descriptor.digest}`);
    expect(paths.join()).not.toContain(others[0]?.descriptor.digest);
    // Spoilt is not missing.
    const [spoilt] = others;
    await writeFile(join(dir, 'v2/openshift/release/manifests', spoilt?.descriptor.digest ?? ''), 'x');
    expect(await verify(dir)).toMatchObject({ status: 1, stdout: '' });
  });

  it('mirrors serve it', async () => {
    const unreachable = '127.0.0.1:1/ocp/art-dev';
    const image = (await createRelease({ repository: unreachable, components: COMPONENTS })).image;
    registry.publish('ocp/ocp-release', image, 'away');
    const file = join(temporaryFolder('release-mirrors'), 'idms.json');
    const sets = [{ source: unreachable, mirrors: [`${registry.host}/${REPOSITORY}`] }];
    await writeFile(file, JSON.stringify({ kind: 'ImageDigestMirrorSet', spec: { imageDigestMirrors: sets } }));
    expect(await info('--verify', `${place}:away`)).toMatchObject({ status: 1 });
    expect(await info('--verify', '--idms-file', file, `${place}:away`)).toMatchObject({ status: 0, stderr: '' });
    const conf = join(temporaryFolder('release-mirrors'), 'registries.conf');
    const mirror = `[[registry.mirror]]\nlocation = "${registry.host}/${REPOSITORY}"\n`;
    await writeFile(conf, `[[registry]]\nlocation = "${unreachable}"\nblocked = true\n${mirror}`);
    const args = ['adm', 'release', 'info', '--insecure', '--verify', `${place}:away`];
    const followed = await runCommand(args, { env: { ...env, CONTAINERS_REGISTRIES_CONF: conf } });
    expect(followed).toMatchObject({ status: 0, stderr: '' });
  });
});
