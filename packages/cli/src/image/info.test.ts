/** The command against real registries, and against one that lies. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createImage,
  createIndex,
  createArtifact,
  pushTree,
  startDockerRegistry,
  startLongshore,
  StubRegistry,
  temporaryFolder,
  writeHtpasswd,
  writeOciLayout,
  type DockerRegistry,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

const ann = { name: 'ann', password: 'pass of ann' };
const amd = createImage({ seed: 'amd', layers: 2, mediaTypes: 'docker' });
const arm = createImage({ seed: 'arm', mediaTypes: 'docker', platform: { os: 'linux', architecture: 'arm64' } });
const list = createIndex([amd, arm], { mediaTypes: 'docker' });
const oci = createImage({ seed: 'oci' });
const attestation = createImage({ seed: 'attestation', platform: { os: 'unknown', architecture: 'unknown' } });
const attested = createIndex([oci, attestation]);
const chart = createArtifact({ content: Buffer.from('chart'), artifactType: 'application/vnd.cncf.helm.chart' });
const dir = temporaryFolder('image-info');
const authFile = join(dir, 'auth.json');
let docker: DockerRegistry;
let longshore: Longshore;
const endings: (() => Promise<unknown>)[] = [];

/** Debian's registry with a password file, and Longshore that is open. */
beforeAll(async () => {
  const htpasswd = join(dir, 'htpasswd');
  await writeHtpasswd(htpasswd, [ann]);
  docker = await startDockerRegistry({ root: join(dir, 'docker'), htpasswd });
  longshore = await startLongshore({
    config: { version: 0.1, http: { addr: '127.0.0.1:0' }, storage: { inmemory: {} }, longshore: { workers: 1 } },
  });
  await pushTree({ url: docker.url, user: ann }, 'team/app', list, 'list');
  await pushTree({ url: docker.url, user: ann }, 'team/app', amd, 'v1');
  await pushTree({ url: longshore.url }, 'team/app', attested, 'v1');
  await pushTree({ url: longshore.url }, 'team/chart', chart, 'v1');
  const auth = Buffer.from(`${ann.name}:${ann.password}`).toString('base64');
  await writeFile(authFile, JSON.stringify({ auths: { [docker.address]: { auth } } }));
}, 60_000);

afterAll(async () => {
  await Promise.all([docker.stop(), longshore.stop(), ...endings.map((end) => end())]);
});

const env = { HOME: join(dir, 'home'), XDG_RUNTIME_DIR: join(dir, 'run') };
const info = (...args: string[]) => runCommand(['image', 'info', '--insecure', ...args], { env });
const digestOf = ({ descriptor }: GeneratedManifest) => descriptor.digest;

describe('longshore image info', () => {
  it('tells of an image with the credentials of a file', async () => {
    const { status, stdout, stderr } = await info('-a', authFile, `${docker.address}/team/app:v1`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [config, ...layers] = amd.blobs.map(({ descriptor }) => descriptor.digest);
    expect(config).toMatch(/^sha256:/);
    expect(stdout).toMatch(
      new RegExp(
        `^Name:       ${docker.address}/team/app:v1\n` +
          `Digest:     ${digestOf(amd)}\n` +
          'Media Type: application/vnd.docker.distribution.manifest.v2\\+json\n' +
          'Created:    \\d+y ago\n' +
          'Image Size: [\\d.]+kB in 2 layers\n' +
          `Layers:     [\\d.]+kB ${layers[0]}\n` +
          `            [\\d.]+kB ${layers[1]}\n` +
          'OS:         linux\nArch:       amd64\nCommand:    <none>\nLabels:     seed=amd\n\n$',
      ),
    );
  });

  it.each([
    ['no credentials', [], 1, /wants credentials/],
    ['a file that is not there', ['-a', join(dir, 'none.json')], 2, /unable to load --registry-config: .*ENOENT/],
  ])('fails with %s', async (_, args, status, message) => {
    const result = await info(...args, `${docker.address}/team/app:v1`);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(message);
  });

  it('lists the platforms of a list, and wants one of them', async () => {
    const { status, stdout, stderr } = await info('-a', authFile, `${docker.address}/team/app:list`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      'longshore: the image is a manifest list and contains multiple images - use --filter-by-os to select from:\n\n' +
        `  OS          DIGEST\n  linux/amd64 ${digestOf(amd)}\n  linux/arm64 ${digestOf(arm)}\n\n`,
    );
  });

  it.each([
    ['--filter-by-os=arm64', [arm]],
    ['--show-multiarch', [amd, arm]],
  ])('takes %s', async (option, images) => {
    const args = ['-a', authFile, option, '-o', 'json', `${docker.address}/team/app:list`];
    const { status, stdout } = await info(...args);
    expect(status).toBe(0);
    const found = [JSON.parse(stdout) as object].flat();
    expect(found).toMatchObject(
      images.map((image) => ({
        digest: digestOf(image),
        contentDigest: digestOf(image),
        listDigest: digestOf(list),
        config: { architecture: image.descriptor.platform?.architecture },
      })),
    );
  });

  it('says which platforms there are when none matches', async () => {
    const { status, stderr } = await info('-a', authFile, '--filter-by-os=windows', `${docker.address}/team/app:list`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/no image of the list matches[^]*linux\/arm64 sha256:/);
  });

  it('does not count attestations among the platforms', async () => {
    const { stdout } = await info(`${longshore.address}/team/app:v1`);
    expect(stdout).toContain(`Digest:        ${digestOf(oci)}\nManifest List: ${digestOf(attested)}\n`);
  });

  it('tells of artifacts', async () => {
    const { stdout, status } = await info(`${longshore.address}/team/chart:v1`);
    expect(status).toBe(0);
    expect(stdout).toContain('Artifact Type: application/vnd.cncf.helm.chart\n');
  });

  it('goes on to the other images when one cannot be read', async () => {
    const [good, bad] = [`${longshore.address}/team/app:v1`, `${longshore.address}/team/none:v1`];
    const { status, stdout, stderr } = await info('-o', 'json', bad, good);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([{ name: good }]);
    expect(stderr).toMatch(new RegExp(`^error: unable to read image ${bad}: `));
  });
});

describe('mirrors', () => {
  const unreachable = '127.0.0.1:1/up/app';

  it.each([
    ['--idms-file', 'ImageDigestMirrorSet', 'imageDigestMirrors'],
    ['--icsp-file', 'ImageContentSourcePolicy', 'repositoryDigestMirrors'],
  ])('of %s are asked after the source', async (option, kind, field) => {
    const file = join(dir, `${kind}.json`);
    const mirrors = [`${longshore.address}/team/app`];
    await writeFile(file, JSON.stringify({ kind, spec: { [field]: [{ source: unreachable, mirrors }] } }));
    const without = await info(`${unreachable}:v1`);
    expect(without).toMatchObject({ status: 1, stdout: '' });
    for (const reference of [`${unreachable}:v1`, `${unreachable}@${digestOf(oci)}`]) {
      const { status, stdout } = await info(option, file, '-o', 'json', reference);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ name: reference, digest: digestOf(oci) });
    }
    const { stderr } = await info(option, file, `${unreachable}:v2`);
    expect(stderr).toMatch(/127\.0\.0\.1:1 cannot be reached[^]*; .*team\/app:v2.*MANIFEST_UNKNOWN/);
  });

  it('of registries.conf are asked first', async () => {
    const conf = join(dir, 'registries.conf');
    const mirror = `[[registry.mirror]]\nlocation = "${longshore.address}/team/app"\n`;
    await writeFile(conf, `[[registry]]\nlocation = "${unreachable}"\nblocked = true\n${mirror}`);
    const args = ['image', 'info', '--insecure', '-o', 'json', `${unreachable}:v1`];
    const { status, stdout } = await runCommand(args, { env: { HOME: dir, CONTAINERS_REGISTRIES_CONF: conf } });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: `${unreachable}:v1`, digest: digestOf(oci) });
  });
});

describe('content that is not what it should be', () => {
  /** Sends other bytes than those of the image under the tag `v1`. */
  async function startLiar(image: GeneratedManifest): Promise<StubRegistry> {
    const stub = await StubRegistry.start();
    endings.push(() => stub.close());
    stub.publish('team/app', image, 'v1');
    const changed = Buffer.from(image.bytes.toString().replace('{', '{ '));
    stub.intercept = ({ path }, response) => {
      if (!path.endsWith('/manifests/v1') && !path.endsWith(digestOf(image))) return false;
      const { mediaType, digest } = image.descriptor;
      response.writeHead(200, { 'content-type': mediaType, 'docker-content-digest': digest });
      response.end(changed);
      return true;
    };
    return stub;
  }

  it.each([
    ['an image', oci, 'Content Digest'],
    ['a list', attested, 'List Content'],
  ])('is refused, or told of, in %s', async (_, image, label) => {
    const { host } = await startLiar(image);
    for (const reference of [`${host}/team/app:v1`, `${host}/team/app@${digestOf(image)}`]) {
      const refused = await info(reference);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toContain('other content');
      const { status, stdout } = await info('--skip-verification', reference);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`\\n${label}: +sha256:.*\\n +ERROR: the image contents do not match`));
    }
  });
});

describe('a folder of mirrored images', () => {
  async function mirror(change: (path: (...parts: string[]) => string) => Promise<unknown>): Promise<string> {
    const root = temporaryFolder('image-info-folder');
    const path = (...parts: string[]) => join(root, 'v2/openshift/release', ...parts);
    await mkdir(path('manifests'), { recursive: true });
    await mkdir(path('blobs'));
    for (const { descriptor, bytes } of amd.blobs) await writeFile(path('blobs', descriptor.digest), bytes);
    await writeFile(path('manifests', digestOf(amd)), amd.bytes);
    await symlink(digestOf(amd), path('manifests', '4.1'));
    await change(path);
    return root;
  }
  const nothing = () => Promise.resolve();

  it.each([
    ['by tag', nothing, ':4.1'],
    ['by digest', nothing, `@${digestOf(amd)}`],
    ['in a copy without links', (path) => writeFile(path('manifests', 'copy'), amd.bytes), ':copy'],
    [
      'in a copy without colons',
      (path) =>
        writeFile(path('manifests', `${digestOf(list).replace(':', '-')}`), list.bytes).then(() =>
          writeFile(path('manifests', digestOf(arm)), arm.bytes),
        ),
      `@${digestOf(list)}`,
    ],
  ] satisfies [string, Parameters<typeof mirror>[0], string][])('is read %s', async (_, change, reference) => {
    const root = await mirror(change);
    const args = ['--filter-by-os=amd64', '--dir', root, '-o', 'json', `file://openshift/release${reference}`];
    const { status, stdout, stderr } = await info(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ digest: digestOf(amd), config: { os: 'linux' } });
  });

  it.each([
    [
      'another content',
      (path) => writeFile(path('manifests', digestOf(amd)), `${amd.bytes.toString()} `),
      ':4.1',
      /other content/,
    ],
    [
      'a changed configuration',
      (path) =>
        writeFile(path('blobs', amd.blobs[0]!.descriptor.digest), Buffer.from(amd.blobs[0]!.bytes).fill(32, 1, 2)),
      ':4.1',
      /other content/,
    ],
    [
      'a longer configuration',
      (path) => appendFile(path('blobs', amd.blobs[0]!.descriptor.digest), ' '),
      ':4.1',
      /bytes; its manifest says/,
    ],
    ['no such tag', nothing, ':5', /release:5: there is no such image in/],
    ['a link out of it', (path) => symlink('/etc/passwd', path('manifests', 'evil')), ':evil', /must lead to a digest/],
    [
      'a folder that is elsewhere',
      async (path) => {
        await rename(path(), join(dir, 'elsewhere'));
        await symlink(join(dir, 'elsewhere'), path());
      },
      ':4.1',
      /leads out of/,
    ],
  ] satisfies [string, Parameters<typeof mirror>[0], string, RegExp][])(
    'is refused with %s',
    async (_, change, reference, message) => {
      const root = await mirror(change);
      const { status, stdout, stderr } = await info('--dir', root, `file://openshift/release${reference}`);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(message);
    },
  );

  it('of changed content is told of when it need not be verified, and so is an OCI layout', async () => {
    const spoilt = Buffer.from(amd.bytes.toString().replace('{', '{ '));
    const root = await mirror((path) => writeFile(path('manifests', digestOf(amd)), spoilt));
    const layout = temporaryFolder('image-info-layout');
    await writeOciLayout(layout, { v1: amd });
    await writeFile(join(layout, 'blobs/sha256', digestOf(amd).slice('sha256:'.length)), spoilt);
    for (const place of ['file://openshift/release:4.1', `oci:${layout}:v1`]) {
      expect(await info('--dir', root, place)).toMatchObject({ status: 1, stdout: '' });
      const { status, stdout } = await info('--dir', root, '--skip-verification', '-o', 'json', place);
      expect(status).toBe(0);
      const contentDigest = `sha256:${createHash('sha256').update(spoilt).digest('hex')}`;
      expect(JSON.parse(stdout)).toMatchObject({ digest: digestOf(amd), contentDigest });
    }
  });
});
