import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { signatureConfigMap } from '@longshore/mirror/signatures';
import { parseDigest } from '@longshore/oci';
import {
  blobOf,
  createIndex,
  createManifest,
  getManifest,
  MEDIA_TYPES,
  pushTree,
  randomBytesOf,
  startLongshore,
  StubRegistry,
  tarOf,
  temporaryFolder,
  type GeneratedManifest,
  type Longshore,
} from '@longshore/testkit';
import { createMessage, generateKey, readPrivateKey, sign, type PrivateKey } from 'openpgp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, type CommandResult } from '../../testing/run-command.js';

const root = temporaryFolder('release-mirror');
const STORE = join(root, 'store');
let registry: Longshore;
let key: PrivateKey;
let publicKey: string;
let SRC: string;
let DST: string;
let release: string;
/** By the name of the component, and of the release. */
const digests: Record<string, string> = {};
let dir: string;
let env: NodeJS.ProcessEnv;
/** Of the blobs that have been looked at. */
const sizes = new Map<string, number>();

/** As mirror.md 9.1 describes it: a base layer that all have, and one that the release takes over from the first. */
const base = blobOf(
  gzipSync(tarOf([{ path: 'bin/base', content: randomBytesOf('base', 200_000) }])),
  MEDIA_TYPES.docker.layer,
);
function imageOf(name: string, size: number, files: Record<string, string>): GeneratedManifest {
  const entries = { [`bin/${name}`]: randomBytesOf(name, size), ...files };
  const archive = tarOf(Object.entries(entries).map(([path, content]) => ({ path, content: Buffer.from(content) })));
  const isOperator = Object.keys(files).length > 0;
  const config = {
    os: 'linux',
    architecture: 'amd64',
    config: { Labels: { name, ...(isOperator && { 'io.openshift.release.operator': 'true' }) } },
    rootfs: { type: 'layers', diff_ids: [] },
  };
  return createManifest('docker', blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.docker.config), [
    base,
    blobOf(gzipSync(archive), MEDIA_TYPES.docker.layer),
  ]);
}

function components(): Record<string, GeneratedManifest> {
  const verifier = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'release-verification', annotations: { 'release.openshift.io/verification-config-map': '' } },
    data: { 'verifier-public-key-own': publicKey, 'store-own': `file://${STORE}` },
  };
  return {
    cli: imageOf('cli', 50_000, {}),
    'cluster-version-operator': imageOf('cvo', 51_000, {
      'manifests/0000_90_cvo_verification.yaml': JSON.stringify(verifier),
    }),
    'machine-config-operator': imageOf('mco', 90_000, { 'manifests/deploy.yaml': 'kind: Deployment\n' }),
  };
}

async function signatureOf(digest: string): Promise<Uint8Array> {
  const payload = {
    critical: {
      type: 'atomic container signature',
      image: { 'docker-manifest-digest': digest },
      identity: { 'docker-reference': `${SRC}/ocp/ocp-release@${digest}` },
    },
    optional: { creator: 'test' },
  };
  const message = await createMessage({ binary: Buffer.from(JSON.stringify(payload)) });
  return (await sign({ message, signingKeys: key, format: 'binary' })) as Uint8Array;
}

async function publishSignature(digest: string): Promise<void> {
  const folder = join(STORE, digest.replace(':', '='));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'signature-1'), await signatureOf(digest));
}

async function newRelease(version: string, images: Record<string, string>, ...more: string[]): Promise<string> {
  const tags = Object.entries(images).map(([name, digest]) => ({
    name,
    from: { kind: 'DockerImage', name: `${SRC}/ocp/art-dev@${digest}` },
  }));
  const stream = join(root, `${version}.json`);
  await writeFile(stream, JSON.stringify({ kind: 'ImageStream', metadata: { name: version }, spec: { tags } }));
  const to = `--to-image=${SRC}/ocp/ocp-release:${version}-x86_64`;
  const args = ['adm', 'release', 'new', '--insecure', '-f', stream, `--name=${version}`, to, ...more];
  const { stdout, stderr, status } = await runCommand(args, { env: { HOME: root } });
  expect({ status }, stderr).toEqual({ status: 0 });
  return stdout.split(' ')[0] ?? '';
}

beforeAll(async () => {
  const pair = await generateKey({ type: 'ecc', userIDs: [{ name: 'Test' }] });
  [key, publicKey] = [await readPrivateKey({ armoredKey: pair.privateKey }), pair.publicKey];
  registry = await startLongshore({
    config: { version: 0.1, http: { addr: '127.0.0.1:0' }, storage: { inmemory: {} }, longshore: { workers: 1 } },
  });
  // Two names of one registry, so that nothing is mounted from one to the other.
  [SRC, DST] = [registry.address, registry.address.replace('127.0.0.1', 'localhost')];
  for (const [name, image] of Object.entries(components())) {
    await pushTree({ url: registry.url }, 'ocp/art-dev', image);
    digests[name] = image.descriptor.digest;
  }
  digests['release'] = await newRelease('4.99.0', digests, '--previous=4.98.0,4.98.1');
  await publishSignature(digests['release']);
  release = `${SRC}/ocp/ocp-release:4.99.0-x86_64`;
}, 60_000);
afterAll(() => registry.stop());
beforeEach(() => {
  dir = temporaryFolder('release-mirror');
  env = { HOME: dir, XDG_STATE_HOME: join(dir, 'state') };
});

const mirror = (...args: string[]): Promise<CommandResult> =>
  runCommand(['adm', 'release', 'mirror', '--insecure', ...args], { env });
const digestAt = async (repository: string, tag: string) =>
  (await getManifest({ url: registry.url }, repository, tag)).headers['docker-content-digest'];
const IDMS = '--print-mirror-instructions=idms';
const NAMES = ['cli', 'cluster-version-operator', 'machine-config-operator'];
const settled = (text: string) =>
  text
    .replaceAll(SRC, 'SRC')
    .replaceAll(DST, 'DST')
    .replaceAll(dir, 'DIR')
    .replace(/\d+(?:\.\d+)?m?s\b/g, 'TIME')
    .replace(/\([^()]*\/s\)/g, '(RATE)');
const pushedLines = (place: string) =>
  [
    `${digests['release']} ${place}:4.99.0-x86_64`,
    ...NAMES.map((name) => `${digests[name]} ${place}:4.99.0-x86_64-${name}`),
  ].sort();
/** Digest lines come in the order in which images are complete; the rest does not change. */
function parts(stdout: string): { pushed: string[]; rest: string } {
  const lines = settled(stdout).split('\n');
  const isPushed = (line: string) => line.startsWith('sha256:');
  return { pushed: lines.filter(isPushed).sort(), rest: lines.filter((line) => !isPushed(line)).join('\n') };
}
const signatureFile = () => `signature-sha256-${digests['release']?.slice('sha256:'.length).slice(0, 16)}.json`;
const UPLOAD = `
Success
Update image:  openshift/release:4.99.0-x86_64

To upload local images to a registry, run:

    longshore image mirror --from-dir=DIR/M 'file://openshift/release:4.99.0-x86_64*' REGISTRY/REPOSITORY

`;

describe('a release into a folder (mirror.md 9.3, examples 1 to 3)', () => {
  it('is planned as the reference does it, and nothing is written', async () => {
    const { status, stdout, stderr } = await mirror(`--to-dir=${dir}/M`, `--from=${release}`, '--dry-run');
    const lines = (source: string, digestsOf: string[]) =>
      digestsOf
        .map((digest) => ({ digest, size: sizes.get(digest) ?? 0 }))
        .sort((a, b) => a.size - b.size || (a.digest < b.digest ? -1 : 1))
        .map(({ digest, size }) => `      SRC/ocp/${source} ${digest} ${shownSize(size)}\n`)
        .join('');
    const [own, art] = [await blobsOfImage('ocp/ocp-release', digests['release']), new Set<string>()];
    for (const name of NAMES) {
      for (const digest of await blobsOfImage('ocp/art-dev', digests[name])) art.add(digest);
    }
    const shared = own.filter((digest) => art.has(digest));
    const all = new Set([...own, ...art]);
    const sum = (some: Iterable<string>) => [...some].reduce((total, digest) => total + (sizes.get(digest) ?? 0), 0);
    expect([art.size, own.length, shared.length]).toEqual([7, 4, 2]);
    expect(settled(stderr)).toBe(`info: Mirroring 4 images to file://openshift/release ...
DIR/M
  openshift/release
    blobs:
${lines('art-dev', [...art])}    blobs:
${lines('ocp-release', own)}    manifests:
      ${digests['release']} -> 4.99.0-x86_64
${NAMES.map((name) => `      ${digests[name]} -> 4.99.0-x86_64-${name}\n`).join('')}\
  stats: shared=2 unique=7 size=${shownSize(sum(all))} ratio=${((sum(all) - sum(shared)) / sum(all)).toFixed(2)}

phase 0:
   openshift/release blobs=9 mounts=0 manifests=4 shared=2

info: Planning completed in TIME
info: Dry run complete
`);
    expect([status, settled(stdout)]).toEqual([
      0,
      `${UPLOAD}info: Write configmap signature file DIR/M/config/${signatureFile()}\n`,
    ]);
    expect(existsSync(join(dir, 'M'))).toBe(false);
  });

  it('leaves the known tree and the signature, which goes to a registry without the source', async () => {
    const first = await mirror(`--to-dir=${dir}/M`, release);
    expect([first.status, parts(first.stdout)]).toEqual([
      0,
      {
        pushed: pushedLines('file://openshift/release'),
        rest: `${UPLOAD}Configmap signature file DIR/M/config/${signatureFile()} created\n`,
      },
    ]);
    expect(settled(first.stderr)).toMatch(/\ninfo: Mirroring completed in TIME \(RATE\)\n$/);
    const folder = join(dir, 'M/v2/openshift/release');
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(13);
    expect(readdirSync(join(folder, 'manifests')).filter((name) => name.startsWith('sha256'))).toHaveLength(4);
    expect(readdirSync(join(folder, 'manifests')).filter((name) => !name.startsWith('sha256'))).toEqual([
      '4.99.0-x86_64',
      ...NAMES.map((name) => `4.99.0-x86_64-${name}`),
    ]);
    const config = join(dir, 'M/config');
    expect([statSync(config).mode & 0o777, statSync(join(config, signatureFile())).mode & 0o777]).toEqual([
      0o750, 0o640,
    ]);
    const signature = readFileSync(join(STORE, (digests['release'] ?? '').replace(':', '='), 'signature-1'));
    expect(await readFile(join(config, signatureFile()), 'utf8')).toBe(
      signatureConfigMap(parseDigest(digests['release'] ?? ''), [signature]),
    );

    const up = await runCommand(
      [
        'image',
        'mirror',
        '--insecure',
        `--from-dir=${dir}/M`,
        'file://openshift/release:4.99.0*',
        `${DST}/ocp4/openshift4`,
      ],
      { env },
    );
    expect(up.status).toBe(0);
    expect(up.stderr).toMatch(/stats: shared=0 unique=9 size=\d+(\.\d+)?KiB ratio=1\.00\n/);
    expect(parts(up.stdout).pushed).toEqual(pushedLines('DST/ocp4/openshift4'));
    expect(await digestAt('ocp4/openshift4', '4.99.0-x86_64')).toBe(digests['release']);

    // Example 8: nothing is asked of the registry that the release names.
    const names = { ...env, CONTAINERS_REGISTRIES_CONF: join(dir, 'blocked.conf') };
    await writeFile(names.CONTAINERS_REGISTRIES_CONF, `[[registry]]\nlocation = "${SRC}"\nblocked = true\n`);
    const again = await runCommand(
      [
        ...['adm', 'release', 'mirror', '--insecure', '--from=file://openshift/release:4.99.0-x86_64'],
        ...[`--from-dir=${dir}/M`, `--to=${DST}/ff/release`],
      ],
      { env: names },
    );
    expect({ status: again.status, ...parts(again.stdout) }, again.stderr).toEqual({
      status: 0,
      pushed: pushedLines('DST/ff/release'),
      rest: '\nSuccess\nUpdate image:  DST/ff/release:4.99.0-x86_64\nMirror prefix: DST/ff/release\n',
    });
  });
});

const sources = (...mirrors: string[]) =>
  ['SRC/ocp/art-dev', 'SRC/ocp/ocp-release']
    .map((source) => `- mirrors:\n${mirrors.map((one) => `  - ${one}\n`).join('')}  source: ${source}\n`)
    .join('');
const indented = (text: string) => text.replace(/^(?=.)/gm, '  ');

describe('a release into a registry (mirror.md 1.5, examples 5 to 7)', () => {
  it('is told as an ICSP', async () => {
    const { status, stdout, stderr } = await mirror(`--from=${release}`, `--to=${DST}/m2m/openshift4`);
    expect(stderr).toMatch(
      /\nwarning: ImageContentSourcePolicy is deprecated; use --print-mirror-instructions=idms\n$/,
    );
    expect([status, parts(stdout)]).toEqual([
      0,
      {
        pushed: pushedLines('DST/m2m/openshift4'),
        rest: `
Success
Update image:  DST/m2m/openshift4:4.99.0-x86_64
Mirror prefix: DST/m2m/openshift4

To use the new mirrored repository to install, add the following section to the install-config.yaml:

imageContentSources:
${sources('DST/m2m/openshift4')}

To use the new mirrored repository for upgrades, use the following to create an ImageContentSourcePolicy:

apiVersion: operator.openshift.io/v1alpha1
kind: ImageContentSourcePolicy
metadata:
  name: example
spec:
  repositoryDigestMirrors:
${indented(sources('DST/m2m/openshift4'))}
`,
      },
    ]);
    for (const name of NAMES) {
      expect(await digestAt('m2m/openshift4', `4.99.0-x86_64-${name}`)).toBe(digests[name]);
    }
  });

  it('is told with its tag where it goes further without one', async () => {
    const to = [`--to=${DST}/a/c`, `--to-release-image=${DST}/a/untagged`];
    const { stdout } = await mirror(release, ...to, '--print-mirror-instructions=none');
    expect(parts(stdout).rest).toContain('Update image:  DST/a/untagged:4.99.0-x86_64\nMirror prefix: DST/a/c\n');
    expect(await digestAt('a/untagged', '4.99.0-x86_64')).toBe(digests['release']);
  });

  it('is taken from the folder by its own name, whatever else it is called elsewhere', async () => {
    const { status, stdout } = await mirror(release, '--to-dir=M', `--to-release-image=${DST}/a/beside:x`, '--dry-run');
    expect([status, parts(stdout).rest]).toEqual([
      0,
      expect.stringContaining(`
Success
Update image:  DST/a/beside:x
Mirror prefix: DST/a/beside:x

To upload local images to a registry, run:

    longshore image mirror --from-dir=M 'file://openshift/release:4.99.0-x86_64*' REGISTRY/REPOSITORY
`),
    ]);
  });

  it('is told as an IDMS with all places, which go into a file, too', async () => {
    const { status, stdout, stderr } = await mirror(
      release,
      `--to=${DST}/a/b`,
      `--to-release-image=${DST}/a/rel:x`,
      IDMS,
      `--mirror-sets-to-dir=${dir}/sets`,
      `--release-image-signature-to-dir=${dir}/signatures`,
    );
    const set = (name: string) => `apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata:
  name: ${name}
spec:
  imageDigestMirrors:
${indented(sources('DST/a/b', 'DST/a/rel'))}`;
    expect([status, parts(stdout)], stderr).toEqual([
      0,
      {
        pushed: [...pushedLines('DST/a/b'), `${digests['release']} DST/a/rel:x`].sort(),
        rest: `
Success
Update image:  DST/a/rel:x
Mirror prefix: DST/a/b
Mirror prefix: DST/a/rel:x

To use the new mirrored repository to install, add the following section to the install-config.yaml:

imageDigestSources:
${sources('DST/a/b', 'DST/a/rel')}

To use the new mirrored repository for upgrades, use the following to create an ImageDigestMirrorSet:

${set('example')}

To apply signature configmaps use 'oc apply' on files found in DIR/signatures

Configmap signature file DIR/signatures/${signatureFile()} created
`,
      },
    ]);
    expect(settled(stderr)).toContain('info: Wrote mirror sets DIR/sets/idms.yaml\n');
    expect(settled(await readFile(join(dir, 'sets/idms.yaml'), 'utf8'))).toBe(set('mirrored-release'));
  });

  it('is only listed', async () => {
    expect(settled((await mirror(release, `--to=${DST}/a/b`, '--to-mirror')).stdout)).toBe(
      `SRC/ocp/ocp-release:4.99.0-x86_64 DST/a/b:4.99.0-x86_64\n${NAMES.map(
        (name) => `SRC/ocp/art-dev@${digests[name]} DST/a/b:4.99.0-x86_64-${name}\n`,
      ).join('')}`,
    );
    const { stdout } = await mirror(release, `--to=${DST}/x:\${version}-c-\${component}`, '--to-mirror');
    expect(settled(stdout)).toContain(`@${digests['cli']} DST/x:4.99.0-c-cli-x86_64\n`);
  });

  it('has tags by a template, and says nothing of mirrors when it shall not', async () => {
    const { status, stdout } = await mirror(
      release,
      `--to=${DST}/t/x:\${version}-c-\${component}`,
      '--print-mirror-instructions=none',
    );
    expect([status, parts(stdout).rest]).toEqual([
      0,
      '\nSuccess\nUpdate image:  DST/t/x:4.99.0-c-release-x86_64\nMirrored to: DST/t/x:${version}-c-${component}\n',
    ]);
    expect(await digestAt('t/x', '4.99.0-c-cli-x86_64')).toBe(digests['cli']);
  });

  it('has a second repository for the update service, and warns of what does not belong there', async () => {
    const args = [release, `--to=${DST}/u/all`, `--release-images-to=${DST}/u/rel`, '--print-mirror-instructions=none'];
    const { stdout, stderr } = await mirror(...args);
    expect(parts(stdout).rest).toContain('Mirror prefix: DST/u/all\nMirror prefix: DST/u/rel\n');
    expect(await digestAt('u/rel', '4.99.0-x86_64')).toBe(digests['release']);
    expect(stderr).not.toContain('warning: ');
    expect((await mirror(release, `--to=${DST}/u/other`, `--release-images-to=${DST}/u/all`)).stderr).toContain(
      `warning: 3 tags of ${DST}/u/all seem to be no releases, such as 4.99.0-x86_64-cli;`,
    );
  });

  it('can be without its release image', async () => {
    const sets = `--mirror-sets-to-dir=${dir}/sets`;
    const { stdout, stderr } = await mirror(release, `--to-dir=${dir}/M`, '--skip-release-image', sets);
    expect(stderr).toContain('warning: no mirror sets are written: only a registry can stand in for a registry\n');
    expect(parts(stdout)).toEqual({
      pushed: pushedLines('file://openshift/release').filter((line) => !line.startsWith(digests['release'] ?? '')),
      rest: `${UPLOAD.replace(/^Update image.*\n/m, '')}Configmap signature file DIR/M/config/${signatureFile()} created\n`,
    });
  });

  it('is one OCI layout, when it shall be, and goes on from there', async () => {
    await mirror(release, `--to-dir=${dir}/M`, '--format=oci');
    expect(readdirSync(join(dir, 'M'))).toEqual(
      expect.arrayContaining(['blobs', 'config', 'index.json', 'oci-layout']),
    );
    const media = ['--from=file://openshift/release:4.99.0-x86_64', `--from-dir=${dir}/M`];
    expect((await mirror(...media, `--to=${DST}/layout/x`)).status).toBe(0);
    expect(await digestAt('layout/x', '4.99.0-x86_64')).toBe(digests['release']);
  });

  it('tells programs all as lines of JSON', async () => {
    const { stdout, stderr } = await mirror(release, `--to=${DST}/j/all`, '--json', `--to-dir=${dir}/M`, IDMS);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect([stderr, events.map(({ type }) => type).slice(-3)]).toEqual(['', ['done', 'release', 'signature']]);
    expect(events.at(-2)).toMatchObject({ image: `${DST}/j/all:4.99.0-x86_64`, mirrors: [{}, {}] });
    expect(events.filter(({ type }) => type === 'pushed')).toHaveLength(4);
  });

  it('for several platforms needs to be asked for', async () => {
    const { body } = await getManifest({ url: registry.url }, 'ocp/ocp-release', '4.99.0-x86_64');
    const descriptor = { ...JSON.parse(body.toString()), digest: digests['release'] } as { mediaType: string };
    const child = {
      descriptor: {
        mediaType: descriptor.mediaType,
        digest: digests['release'] ?? '',
        size: body.byteLength,
        platform: { os: 'linux', architecture: 'amd64' },
      },
      bytes: body,
      blobs: [],
      children: [],
    };
    const list = createIndex([child], { mediaTypes: 'docker' });
    await pushTree({ url: registry.url }, 'ocp/ocp-release', list, 'multi');
    await publishSignature(list.descriptor.digest);
    const refused = await mirror(`${SRC}/ocp/ocp-release:multi`, `--to=${DST}/multi`);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('pass --keep-manifest-list')]);
    const kept = await mirror(`${SRC}/ocp/ocp-release:multi`, `--to=${DST}/multi/x`, '--keep-manifest-list');
    expect([kept.status, await digestAt('multi/x', '4.99.0-multi')]).toEqual([0, list.descriptor.digest]);
  });
});

describe('what is mirrored onward from a mirror', () => {
  it('is read from there, by an IDMS or by registries.conf', async () => {
    await mirror(release, `--to=${DST}/on/first`);
    const conf = join(dir, 'registries.conf');
    const entry = (name: string) =>
      `[[registry]]\nlocation = "${SRC}/ocp/${name}"\nblocked = true\n[[registry.mirror]]\nlocation = "${DST}/on/first"\n`;
    await writeFile(conf, entry('art-dev') + entry('ocp-release'));
    const args = ['adm', 'release', 'mirror', '--insecure', release, `--to=${DST}/on/second`];
    const { status, stderr } = await runCommand(args, { env: { ...env, CONTAINERS_REGISTRIES_CONF: conf } });
    expect({ status }, stderr).toEqual({ status: 0 });
    expect(await digestAt('on/second', '4.99.0-x86_64-cli')).toBe(digests['cli']);

    const idms = join(dir, 'idms.yaml');
    const gone = `${DST}/gone/release`;
    await writeFile(
      idms,
      JSON.stringify({
        kind: 'ImageDigestMirrorSet',
        spec: { imageDigestMirrors: [{ source: gone, mirrors: [`${SRC}/ocp/ocp-release`] }] },
      }),
    );
    const named = await mirror(`${gone}:4.99.0-x86_64`, `--to=${DST}/on/third`, `--idms-file=${idms}`);
    expect({ status: named.status }, named.stderr).toEqual({ status: 0 });
    expect(await digestAt('on/third', '4.99.0-x86_64')).toBe(digests['release']);
  });
});

describe('a release that nobody vouches for', () => {
  let unsigned: string;
  beforeAll(async () => {
    const { release: _release, ...images } = digests;
    await newRelease('4.99.1', images);
    unsigned = `${SRC}/ocp/ocp-release:4.99.1-x86_64`;
  });

  it('is not mirrored', async () => {
    const { status, stdout, stderr } = await mirror(unsigned, `--to=${DST}/unsigned`);
    expect([status, stdout, stderr]).toEqual([4, '', expect.stringMatching(/^error: .*is not verified by .*own/)]);
    expect((await getManifest({ url: registry.url }, 'unsigned', '4.99.1-x86_64')).status).toBe(404);
  });

  it('is, when that is asked for; but without what needs the signature', async () => {
    const warned = await mirror(unsigned, `--to-dir=${dir}/M`, '--signature-policy=warn');
    expect([warned.status, warned.stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: the release is not verified: /),
    ]);
    expect(existsSync(join(dir, 'M/config'))).toBe(false);
    const strict = await mirror(
      unsigned,
      `--to-dir=${dir}/N`,
      '--signature-policy=warn',
      `--release-image-signature-to-dir=${dir}/S`,
    );
    expect([strict.status, existsSync(join(dir, 'N'))]).toEqual([4, false]);
  });

  it('because it does not say who signs it is not mirrored, but with --signature-policy=warn (example 9)', async () => {
    const { release: _release, 'cluster-version-operator': _cvo, ...images } = digests;
    await newRelease('4.99.2', images, '--to-image-base-tag=cli');
    const silent = `${SRC}/ocp/ocp-release:4.99.2-x86_64`;
    const refused = await mirror(silent, `--to-dir=${dir}/M`);
    expect([refused.status, refused.stderr]).toEqual([
      4,
      'error: the release does not say who signs it; name a key and a store of signatures\n',
    ]);
    const warned = await mirror(silent, `--to-dir=${dir}/M`, '--signature-policy=warn');
    expect([warned.status, warned.stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: the release is not verified: the release does not say who signs it;/),
    ]);
    expect(existsSync(join(dir, 'M/v2/openshift/release/manifests/4.99.2-x86_64'))).toBe(true);
  });

  it('may have a signature of a file, by a key of the user', async () => {
    const info = await runCommand(['adm', 'release', 'info', '--insecure', '-o', 'json', unsigned], { env });
    const { digest } = JSON.parse(info.stdout) as { digest: string };
    const [keyFile, signed] = [join(dir, 'key.asc'), join(dir, 'signature.json')];
    await writeFile(keyFile, publicKey);
    await writeFile(signed, signatureConfigMap(parseDigest(digest), [await signatureOf(digest)]));
    const args = [unsigned, `--to=${DST}/filed`, `--signature-key=${keyFile}`, `--signature-file=${signed}`];
    const yaml = '--release-image-signature-format=yaml';
    expect((await mirror(...args, `--release-image-signature-to-dir=${dir}/S`, yaml)).status).toBe(0);
    const [written = ''] = readdirSync(join(dir, 'S'));
    expect(written).toMatch(/^signature-sha256-[0-9a-f]{16}\.yaml$/);
    const reread = args.map((arg) => arg.replace(signed, join(dir, 'S', written)));
    expect((await mirror(...reread)).status).toBe(0);
    const other = await generateKey({ type: 'ecc', userIDs: [{ name: 'Other' }] });
    await writeFile(keyFile, other.publicKey);
    const refused = await mirror(...args);
    expect([refused.status, refused.stderr]).toEqual([4, expect.stringContaining('has signed this')]);
  });
});

describe('a version (mirror.md 1.1)', () => {
  let server: StubRegistry;
  beforeAll(async () => {
    server = await StubRegistry.start();
    server.intercept = ({ path }, response) => {
      const image = `${SRC}/ocp/ocp-release@${digests['release']}`;
      const clusterVersion = { metadata: { name: 'version' }, status: { desired: { version: '4.99.0', image } } };
      if (path.startsWith('/apis/')) response.end(JSON.stringify(clusterVersion));
      else if (!path.includes('channel=stable-4.99')) response.writeHead(404).end();
      else response.end(JSON.stringify({ nodes: [{ version: '4.99.0', payload: image }], edges: [] }));
      return true;
    };
  });
  afterAll(() => server.close());

  const toMirror = (version: string, more: NodeJS.ProcessEnv) =>
    runCommand(['adm', 'release', 'mirror', '--insecure', version, `--to=${DST}/v`, '--to-mirror'], {
      env: { ...env, ...more },
    });
  const listed = () => `SRC/ocp/ocp-release@${digests['release']} DST/v:4.99.0-x86_64\n`;

  it('is looked up in the cluster', async () => {
    const file = join(dir, 'kubeconfig');
    const named = (name: string, value: object) => [{ name: 'it', [name]: value }];
    const config = {
      clusters: named('cluster', { server: server.url }),
      contexts: named('context', { cluster: 'it', user: 'it' }),
      users: named('user', {}),
      'current-context': 'it',
    };
    await writeFile(file, JSON.stringify(config));
    const { status, stdout, stderr } = await toMirror('4.99.0', { KUBECONFIG: file });
    expect([status, settled(stderr)]).toEqual([0, `info: 4.99.0 is SRC/ocp/ocp-release@${digests['release']}\n`]);
    expect(settled(stdout).startsWith(listed())).toBe(true);
    const info = await runCommand(['adm', 'release', 'info', '--insecure', '-o', 'name'], {
      env: { ...env, KUBECONFIG: file },
    });
    expect([info.status, info.stdout]).toEqual([0, `${NAMES.join('\n')}\n`]);
  });

  it('is looked up in the channels', async () => {
    const { status, stdout, stderr } = await toMirror('4.99.0', { UPDATE_URL_OVERRIDE: server.url });
    expect([status, settled(stderr)]).toEqual([
      0,
      `info: 4.99.0 is SRC/ocp/ocp-release@${digests['release']}, by the channel stable-4.99\n`,
    ]);
    expect(settled(stdout).startsWith(listed())).toBe(true);
  });

  it.each([
    ['4.98.0', 'no cluster can be asked (', 'the graph of fast-4.98 is not to be had'],
    ['5.0.0', 'no cluster can be asked (', 'no channel has it; name the image of the release'],
  ])('%s that nobody knows is refused', async (version, ...messages) => {
    const { status, stdout, stderr } = await toMirror(version, { UPDATE_URL_OVERRIDE: server.url });
    expect([status, stdout]).toEqual([1, '']);
    for (const message of messages) expect(stderr).toContain(message);
  });
});

describe('what makes no sense (mirror.md 1.1)', () => {
  const to = '--to=mirror.test/a/b';
  it.each<[string[], string]>([
    [[to], 'must specify a release image with --from'],
    [['a.test/r:1', '--from=a.test/r:1', to], 'you may not specify an argument and --from'],
    [['a.test/r:1', 'a.test/r:2', to], 'only one argument is accepted'],
    [['a.test/r:1'], 'must specify an image repository or image stream to mirror the release to'],
    [
      ['a.test/r:1', to, '--to-image-stream=s'],
      'must specify an image repository or image stream to mirror the release to',
    ],
    [
      ['a.test/r:1', '--to=mirror.test/a:v1'],
      '--to must be to an image repository and may not contain a tag or digest',
    ],
    [
      ['a.test/r:1', to, '--skip-release-image', '--to-release-image=mirror.test/r:1'],
      '--skip-release-image and --to-release-image may not both be specified',
    ],
    [
      ['a.test/r:1', to, '--print-mirror-instructions=x'],
      '--print-mirror-instructions must be one of icsp, idms, none',
    ],
    ...[
      ['--to-mirror'],
      ['--to-dir=M'],
      ['--format=oci'],
      ['--to-release-image=mirror.test/r:1'],
      ['--release-images-to=mirror.test/r'],
      ['--release-image-signature-to-dir=S'],
      ['--apply-release-image-signature'],
      ['--mirror-sets-to-dir=S'],
    ].map(([option = '']): [string[], string] => [
      ['a.test/r:1', '--to-image-stream=s', option],
      `${option.split('=')[0]} is not for --to-image-stream`,
    ]),
    [['a.test/r:4.*', to], 'a.test/r:4.*: name one image, without wildcards'],
    [['a.test/r:1', to, '--to-release-image=m.test/r:v*'], 'm.test/r:v*: name one image, without wildcards'],
    [
      ['a.test/r:1', to, `--to-release-image=m.test/r@sha256:${'0'.repeat(64)}`],
      '--to-release-image may not contain a digest',
    ],
    [
      ['a.test/r:1', to, '--release-images-to=m.test/r:1'],
      '--release-images-to must be to an image repository and may not contain a tag or digest',
    ],
    [
      ['a.test/r:1', to, '--release-image-signature-format=yaml'],
      '--release-image-signature-format is for --release-image-signature-to-dir or --to-dir',
    ],
    [['a.test/r:1', to, '--overwrite'], '--overwrite is only valid with --apply-release-image-signature'],
    [['a.test/r:1', '--to=mirror.test/${component}'], 'only the tag may have ${version} and ${component}'],
  ])('%j is refused', async (args, message) => {
    const { status, stdout, stderr } = await mirror(...args);
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(`: ${message}`)]);
  });

  it('an image that is no release', async () => {
    const { status, stderr } = await mirror(`${SRC}/ocp/art-dev@${digests['cli']}`, `--to=${DST}/none`);
    expect([status, stderr]).toEqual([1, 'error: unable to load image-references from release payload\n']);
  });
});

interface Blob {
  digest: string;
  size: number;
}

async function blobsOfImage(repository: string, digest = ''): Promise<string[]> {
  const { body } = await getManifest({ url: registry.url }, repository, digest);
  const manifest = JSON.parse(body.toString()) as Record<'config', Blob> & Record<'layers', Blob[]>;
  const all = [manifest.config, ...manifest.layers];
  for (const one of all) sizes.set(one.digest, one.size);
  return all.map((one) => one.digest);
}

/** Four digits (mirror.md 2.5). */
function shownSize(bytes: number): string {
  return bytes < 1024 ? `${bytes}B` : `${Number((bytes / 1024).toPrecision(4))}KiB`;
}
