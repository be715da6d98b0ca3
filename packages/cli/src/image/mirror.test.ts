import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  blobOf,
  createImage,
  createIndex,
  createManifest,
  getManifest,
  MEDIA_TYPES,
  pushTree,
  randomBytesOf,
  runProgram,
  startDockerRegistry,
  startLongshore,
  temporaryFolder,
  UpstreamProxy,
} from '@longshore/testkit';
import type { GeneratedManifest, ProgramResult, RunningRegistry } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../../bin/longshore.js');

let docker: RunningRegistry;
let longshore: RunningRegistry;
let proxy: UpstreamProxy;
let SRC: string;
let DST: string;
let dir: string;
let env: NodeJS.ProcessEnv;

/** As of the reference: two source repositories with a base layer in common (mirror.md 9.1). */
const layer = (seed: string, size: number) => blobOf(randomBytesOf(seed, size), MEDIA_TYPES.docker.layer);
const [base, middle] = [layer('base', 200_339), layer('middle', 51_663)];
const dockerImage = (name: string, ...layers: ReturnType<typeof layer>[]) =>
  createManifest(
    'docker',
    blobOf(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', name })), MEDIA_TYPES.docker.config),
    layers,
  );
const cli = dockerImage('cli', base, layer('cli', 50_627));
const operator = dockerImage('operator', base, middle);
const release = dockerImage('release', base, middle, layer('release', 1944));
const platforms = ['amd64', 'arm64'].map((architecture) =>
  createImage({ seed: architecture, platform: { os: 'linux', architecture } }),
);
const list = createIndex(platforms);
const S390X = { os: 'linux', architecture: 's390x' };

beforeAll(async () => {
  docker = await startDockerRegistry({ root: temporaryFolder('mirror-docker') });
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: temporaryFolder('mirror-longshore') } },
    http: { addr: '127.0.0.1:0' },
  };
  longshore = await startLongshore({ config });
  proxy = await UpstreamProxy.start(docker.url);
  SRC = new URL(docker.url).host;
  DST = new URL(longshore.url).host;
  await pushTree(docker, 'ocp/art-dev', cli, '4.99.0-x86_64-cli');
  await pushTree(docker, 'ocp/art-dev', operator, '4.99.0-x86_64-operator');
  await pushTree(docker, 'ocp/ocp-release', release, '4.99.0-x86_64');
  await pushTree(docker, 'lib/multi', list, '1');
}, 60_000);
afterAll(async () => {
  await proxy.stop();
  await docker.stop();
  await longshore.stop();
});
beforeEach(() => {
  dir = temporaryFolder('mirror');
  proxy.fault = () => false;
  proxy.requests.length = 0;
  env = { PATH: process.env['PATH'], HOME: dir, XDG_STATE_HOME: join(dir, 'state') };
});

const mirror = (...args: string[]): Promise<ProgramResult> =>
  runProgram(process.execPath, [MAIN, 'image', 'mirror', '--insecure', ...args], { env, cwd: dir, mayFail: true });
const digestAt = async (registry: RunningRegistry, repository: string, tag: string) =>
  (await getManifest(registry, repository, tag)).headers['docker-content-digest'];
const digestOfImage = ({ descriptor }: GeneratedManifest) => descriptor.digest;
/** What differs from run to run. */
const settled = (text: string) =>
  text
    .replaceAll(SRC, 'SRC')
    .replaceAll(DST, 'DST')
    .replace(/\d+ms|\d+\.\d+s/g, 'TIME')
    .replace(/\([^()]*\/s\)/g, '(RATE)');

async function mirrorRelease(): Promise<ProgramResult> {
  return mirror(
    '--dir=M',
    `${SRC}/ocp/ocp-release:4.99.0-x86_64=file://openshift/release`,
    `${SRC}/ocp/art-dev:4.99.0-x86_64-cli=file://openshift/release`,
    `${SRC}/ocp/art-dev:4.99.0-x86_64-operator=file://openshift/release`,
  );
}

describe('the plan', () => {
  it('is that of the reference', async () => {
    const { stdout, stderr, status } = await mirror(
      '--dir=M',
      '--dry-run',
      `${SRC}/ocp/ocp-release:4.99.0-x86_64=file://openshift/release`,
      `${SRC}/ocp/art-dev:4.99.0-x86_64-cli=file://openshift/release`,
      `${SRC}/ocp/art-dev:4.99.0-x86_64-operator=file://openshift/release`,
    );
    const size = (one: { descriptor: { digest: string; size: number } }) => one.descriptor;
    const [cliConfig, , cliLayer] = cli.blobs.map(size);
    const [operatorConfig] = operator.blobs.map(size);
    const [releaseConfig, , , releaseLayer] = release.blobs.map(size);
    const configs = [cliConfig, operatorConfig].sort((a, b) => (a?.size ?? 0) - (b?.size ?? 0));
    expect([status, stdout]).toEqual([0, '']);
    expect(settled(stderr)).toBe(`${dir}/M
  openshift/release
    blobs:
${configs.map((one) => `      SRC/ocp/art-dev ${one?.digest} ${one?.size}B`).join('\n')}
      SRC/ocp/art-dev ${cliLayer?.digest} 49.44KiB
      SRC/ocp/art-dev ${middle.descriptor.digest} 50.45KiB
      SRC/ocp/art-dev ${base.descriptor.digest} 195.6KiB
    blobs:
      SRC/ocp/ocp-release ${releaseConfig?.digest} ${releaseConfig?.size}B
      SRC/ocp/ocp-release ${releaseLayer?.digest} 1.898KiB
      SRC/ocp/ocp-release ${middle.descriptor.digest} 50.45KiB
      SRC/ocp/ocp-release ${base.descriptor.digest} 195.6KiB
    manifests:
      ${digestOfImage(release)} -> 4.99.0-x86_64
      ${digestOfImage(cli)} -> 4.99.0-x86_64-cli
      ${digestOfImage(operator)} -> 4.99.0-x86_64-operator
  stats: shared=2 unique=5 size=297.6KiB ratio=0.17

phase 0:
   openshift/release blobs=7 mounts=0 manifests=3 shared=2

info: Planning completed in TIME
info: Dry run complete
`);
    expect(existsSync(join(dir, 'M'))).toBe(false);
  });

  it('has two phases for two repositories that share blobs', async () => {
    const { stderr } = await mirror('--dry-run', `${SRC}/ocp/ocp-release:4.99.0-x86_64`, `${DST}/f/a`, `${DST}/f/b`);
    expect(settled(stderr)).toContain(`
phase 0:
  DST f/a blobs=4 mounts=0 manifests=1 shared=2
phase 1:
  DST f/b blobs=4 mounts=2 manifests=1 shared=2

info: Planning`);
  });
});

describe('a mirroring', () => {
  it('goes to a folder and from there to a registry, whose second repository mounts', async () => {
    const { status, stdout, stderr } = await mirrorRelease();
    expect([status, settled(stderr)]).toEqual([
      0,
      expect.stringContaining('\ninfo: Mirroring completed in TIME (RATE)\n'),
    ]);
    expect(stdout.trim().split('\n').sort()).toEqual(
      [
        `${digestOfImage(release)} file://openshift/release:4.99.0-x86_64`,
        `${digestOfImage(cli)} file://openshift/release:4.99.0-x86_64-cli`,
        `${digestOfImage(operator)} file://openshift/release:4.99.0-x86_64-operator`,
      ].sort(),
    );
    const up = await mirror('--from-dir=M', 'file://openshift/release:4.99.0*', `${DST}/ocp4/openshift4`);
    expect(up.stderr).toContain('stats: shared=0 unique=7 size=297.6KiB ratio=1.00');
    expect(await digestAt(longshore, 'ocp4/openshift4', '4.99.0-x86_64')).toBe(digestOfImage(release));

    const copied = await mirror(
      `${DST}/ocp4/openshift4:4.99.0-x86_64`,
      `${DST}/ocp4/openshift4-release-images:4.99.0-x86_64`,
    );
    expect(copied.stderr).toContain('blobs=4 mounts=2 manifests=1 shared=0');
    expect(settled(copied.stderr)).toContain(
      `mounted: DST/ocp4/openshift4-release-images ${base.descriptor.digest} 195.6KiB`,
    );
    // From media in a later run, too: what a registry has is remembered.
    const later = await mirror('--from-dir=M', 'file://openshift/release:4.99.0-x86_64', `${DST}/ocp4/another`);
    expect(later.stderr.match(/^mounted: /gm)).toHaveLength(2);
    const unmounted = await mirror(
      '--skip-mount',
      '--from-dir=M',
      'file://openshift/release:4.99.0-x86_64',
      `${DST}/ocp4/third`,
    );
    expect(unmounted.stderr).not.toMatch(/^mounted: /m);
    const inspected = await runProgram('skopeo', [
      'inspect',
      '--tls-verify=false',
      `docker://${DST}/ocp4/third:4.99.0-x86_64`,
    ]);
    expect((JSON.parse(inspected.stdout) as { Digest: string }).Digest).toBe(digestOfImage(release));
  });

  it('tells clusters by mirror sets, for digests and for tags', async () => {
    const { status, stderr } = await mirror(
      '--mirror-sets-to-dir=sets',
      `${SRC}/ocp/art-dev:4.99.0-x86_64-cli=${DST}/sets/art`,
      `${SRC}/lib/multi@${digestOfImage(list)}=${DST}/sets/multi`,
    );
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/\ninfo: Wrote mirror sets sets\/idms\.yaml\ninfo: Wrote mirror sets sets\/itms\.yaml\n$/),
    ]);
    const set = (name: string) => settled(readFileSync(join(dir, 'sets', name), 'utf8'));
    expect(set('itms.yaml')).toBe(`apiVersion: config.openshift.io/v1
kind: ImageTagMirrorSet
metadata:
  name: mirrored-images
spec:
  imageTagMirrors:
  - mirrors:
    - DST/sets/art
    source: SRC/ocp/art-dev
`);
    expect(set('idms.yaml')).toContain('    source: SRC/lib/multi\n');
  });

  it('of what is there asks once for each tag, and fetches nothing', async () => {
    const via = `${proxy.host}/ocp/art-dev`;
    await mirror(via, `${DST}/again/art`);
    proxy.requests.length = 0;
    const { status, stdout } = await mirror(via, `${DST}/again/art`);
    expect([status, stdout]).toEqual([0, '']);
    expect(
      proxy.requests
        .filter((request) => !request.includes('/tags/') && !request.endsWith('/v2/'))
        .every((request) => request.startsWith('HEAD')),
    ).toBe(true);
    const forced = await mirror('--force', via, `${DST}/again/art`);
    expect(forced.stdout.trim().split('\n')).toHaveLength(2);
  });

  it.each([
    ['keeps a list whole', [], list.descriptor.digest, 2],
    ['keeps it when all match', ['--filter-by-os=.*'], list.descriptor.digest, 2],
    ['puts one image in its place', ['--filter-by-os=linux/arm64'], platforms[1]?.descriptor.digest, 0],
  ])('%s: %j', async (_, flags, digest, children) => {
    const name = `lists/n${flags.join('').length}`;
    const { stdout } = await mirror(...flags, `${SRC}/lib/multi:1`, `${DST}/${name}`);
    expect(await digestAt(longshore, name, '1')).toBe(digest);
    expect(stdout.trim().split('\n')).toHaveLength(children + 1);
  });

  it('leaves out a list of which nothing is wanted, and keeps one of which not all is', async () => {
    const none = await mirror('--filter-by-os=windows/.*', `${SRC}/lib/multi:1`, `${DST}/lists/none`);
    expect([none.status, settled(none.stderr)]).toEqual([
      0,
      expect.stringContaining('info: Filtered all images from SRC/lib/multi, skipping\n'),
    ]);
    await mirror(
      '--dir=sparse',
      '--keep-manifest-list=true',
      '--filter-by-os=linux/amd64',
      `${SRC}/lib/multi:1`,
      'file://lists/sparse',
    );
    expect(readdirSync(join(dir, 'sparse/v2/lists/sparse/manifests')).sort()).toEqual(
      ['1', list.descriptor.digest, digestOfImage(platforms[0] as GeneratedManifest)].sort(),
    );
  });

  it('makes a new list of some images of one, and tells when a registry wants all of them', async () => {
    const two = '--filter-by-os=linux/(amd64|arm64)';
    const three = createIndex([...platforms, createImage({ seed: 's390x', platform: S390X })]);
    await pushTree(docker, 'lib/three', three, '1');
    const { stdout } = await mirror(two, `${SRC}/lib/three:1`, `${DST}/lists/built`);
    const built = JSON.parse((await getManifest(longshore, 'lists/built', '1')).body.toString()) as {
      manifests: { digest: string }[];
    };
    expect(built.manifests.map(({ digest }) => digest)).toEqual(platforms.map(digestOfImage));
    expect(stdout).not.toContain(digestOfImage(three));
    const sparse = await mirror('--keep-manifest-list', two, `${SRC}/lib/three:1`, `${DST}/lists/kept`);
    expect([sparse.status, sparse.stderr]).toEqual([1, expect.stringContaining('blob unknown to registry')]);
    expect(sparse.stderr).toContain('it may want all images of the list');
  });

  it('to an OCI layout is read by others', async () => {
    await mirror(`${SRC}/lib/multi:1`, 'oci:layout:1');
    const { stdout } = await runProgram('skopeo', ['inspect', '--raw', `oci:${join(dir, 'layout')}:1`]);
    expect(createHash('sha256').update(stdout).digest('hex')).toBe(list.descriptor.digest.slice(7));
    await mirror('oci:layout:1', `${DST}/from/layout`);
    expect(await digestAt(longshore, 'from/layout', '1')).toBe(list.descriptor.digest);
  });

  it('takes mappings from files and standard input', async () => {
    writeFileSync(join(dir, 'map.txt'), `# images\n${SRC}/ocp/art-dev:4.99.0-x86_64-cli\t${DST}/files/cli:1\r\n\n`);
    expect((await mirror('-f', 'map.txt')).status).toBe(0);
    expect(await digestAt(longshore, 'files/cli', '1')).toBe(digestOfImage(cli));
    const args = [MAIN, 'image', 'mirror', '--insecure', '-f', '-'];
    await runProgram(process.execPath, args, {
      env,
      cwd: dir,
      input: `${SRC}/ocp/art-dev@${digestOfImage(cli)}=${DST}/files/digest`,
    });
    expect(await digestAt(longshore, 'files/digest', digestOfImage(cli))).toBe(digestOfImage(cli));
  });

  it('does without what it remembers of registries', async () => {
    env['XDG_STATE_HOME'] = '/dev/null';
    const { status } = await mirror(`${SRC}/ocp/art-dev:4.99.0-x86_64-cli`, `${DST}/stateless/cli`);
    expect(status).toBe(0);
  });

  it('prints events for programs', async () => {
    const { stdout, stderr } = await mirror('--json', `${SRC}/ocp/art-dev:4.99.0-x86_64-cli`, `${DST}/json/cli`);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(stderr).toBe('');
    expect(events.map(({ type }) => type)).toEqual(['plan', 'uploading', 'uploading', 'uploading', 'pushed', 'done']);
    expect(events[0]).toMatchObject({ readBytes: 200_339 + 50_627 + (cli.blobs[0]?.descriptor.size ?? 0) });
  });
});

describe('what is wrong', () => {
  const zeros = `sha256:${'0'.repeat(64)}`;
  it.each<[string, () => string[], number, string]>([
    [
      'no arguments',
      () => [],
      2,
      'you must specify at least one source image to pull and the destination to push to as SRC=DST or SRC DST [DST2 DST3 ...]',
    ],
    [
      'a wildcard without match',
      () => [`${SRC}/lib/multi:x*`, `${DST}/w/one`],
      2,
      'you must specify at least one source image',
    ],
    [
      'two tags to one',
      () => [`${SRC}/lib/multi:1=${DST}/w/one:a`, `${SRC}/ocp/art-dev:4.99.0-x86_64-cli=${DST}/w/one:a`],
      2,
      'each destination tag may only be specified once: DST/w/one:a',
    ],
    [
      'a missing tag',
      () => [`${SRC}/lib/multi:zz`, `${DST}/w/one`],
      1,
      'error: unable to retrieve source image SRC/lib/multi by tag zz: manifest unknown: manifest unknown\nerror: an error occurred during planning\n',
    ],
    [
      'a missing digest',
      () => [`${SRC}/lib/multi@${zeros}`, `${DST}/w/one`],
      1,
      `error: unable to retrieve source image SRC/lib/multi manifest ${zeros}: manifest unknown: manifest unknown\n`,
    ],
    [
      'a missing folder',
      () => ['dir:nothing', `${DST}/w/one`],
      1,
      'error: unable to retrieve source image dir:nothing: manifest unknown',
    ],
    [
      'a name that a layout does not have',
      () => ['oci:nothing:quay.io/org/app:v1', `${DST}/w/one`],
      1,
      'error: unable to retrieve source image oci:nothing by tag quay.io/org/app:v1: ',
    ],
    ['a missing file', () => ['-f', 'nothing.txt'], 2, "no such file or directory, open 'nothing.txt'"],
    ['S3', () => [`${SRC}/lib/multi:1`, 's3://h/r/b/a'], 2, 'names no bucket'],
    [
      'an S3 bucket',
      () => ['--s3-source-bucket=a', `${SRC}/lib/multi:1`, `${DST}/w/one`],
      2,
      'Layers are read through their registry',
    ],
    [
      'unverified content',
      () => ['--skip-verification', `${SRC}/lib/multi:1`, `${DST}/w/one`],
      2,
      'Everything is compared',
    ],
  ])('is told: %s', async (_, args, status, words) => {
    const found = await mirror(...args());
    expect([found.status, settled(found.stderr)]).toEqual([status, expect.stringContaining(words)]);
  });

  it('is a destination that does not answer', async () => {
    const gone = '127.0.0.1:1';
    const { status, stderr } = await mirror(`${SRC}/lib/multi:1`, `${gone}/w/one`);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: unable to find out what 127\.0\.0\.1:1\/w\/one has: .* cannot be reached .*\nerror: an error occurred during planning\n$/,
      ),
    ]);
  });

  it('is a destination that does not tell which blobs it has', async () => {
    proxy.fault = ({ method, url = '' }, response) => {
      const isAsked = method === 'HEAD' && url.includes('/blobs/');
      if (isAsked) response.writeHead(403).end();
      return isAsked;
    };
    const { status, stderr } = await mirror(`${SRC}/lib/multi:1`, `${proxy.host}/silent/one`);
    expect([status, stderr]).toEqual([
      5,
      expect.stringContaining(`error: unable to find out what ${proxy.host}/silent/one has: `),
    ]);
    expect(stderr).not.toContain('source image');
  });

  it('is a registry without TLS', async () => {
    const args = [MAIN, 'image', 'mirror', `${SRC}/lib/multi:1`, `${DST}/w/one`];
    const { status, stderr } = await runProgram(process.execPath, args, { env, cwd: dir, mayFail: true });
    expect([status, stderr]).toEqual([1, expect.stringContaining('http: server gave HTTP response to HTTPS client')]);
  });

  it('does not keep the rest from being mirrored when that is wanted', async () => {
    const skipped = await mirror(
      '--skip-missing',
      `${SRC}/lib/multi:zz=${DST}/some/a`,
      `${SRC}/lib/multi:1=${DST}/some/b`,
    );
    expect([skipped.status, settled(skipped.stderr)]).toEqual([
      0,
      expect.stringContaining('warning: Image SRC/lib/multi:zz does not exist and will not be mirrored\n'),
    ]);
    const some = await mirror(
      '--continue-on-error',
      `${SRC}/lib/multi:zz=${DST}/some/a`,
      `${SRC}/lib/multi:1=${DST}/some/c`,
    );
    expect([some.status, settled(some.stderr)]).toEqual([
      3,
      expect.stringMatching(/by tag zz[^]*error: one or more errors occurred\n$/),
    ]);
    expect(await digestAt(longshore, 'some/c', '1')).toBe(list.descriptor.digest);
  });

  it('with media is told before anything is sent', async () => {
    await mirrorRelease();
    const blobs = join(dir, 'M/v2/openshift/release/blobs');
    cpSync(join(dir, 'M'), join(dir, 'cut'), { recursive: true, verbatimSymlinks: true });
    truncateSync(join(dir, 'cut/v2/openshift/release/blobs', base.descriptor.digest), 1000);
    const target = await UpstreamProxy.start(longshore.url);
    for (const [media, words] of [
      ['cut', `has 1000 bytes; its manifest says 200339`],
      ['M', `${base.descriptor.digest}: no such file`],
    ] as const) {
      rmSync(join(blobs, base.descriptor.digest), { force: true });
      const { status, stderr } = await mirror(
        `--from-dir=${media}`,
        'file://openshift/release',
        `${target.host}/bad/media`,
      );
      expect([status, stderr]).toEqual([4, expect.stringContaining(words)]);
    }
    expect(target.requests.filter((request) => /^(POST|PUT|PATCH)/.test(request))).toEqual([]);
    await target.stop();
  });

  it('is access that is refused, before anything is read', async () => {
    const guarded = await UpstreamProxy.start(longshore.url);
    guarded.fault = (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"', 'content-length': 0 });
      response.end();
      return true;
    };
    const { status } = await mirror(`${proxy.host}/lib/multi:1`, `${guarded.host}/w/one`);
    expect(status).toBe(5);
    expect(proxy.requests.filter((request) => request.includes('/blobs/'))).toEqual([]);
    await guarded.stop();
  });
});

describe('a registry that refuses pushes to one of three repositories', () => {
  const reads = () => proxy.requests.filter((request) => request.includes('/blobs/'));
  let guarded: UpstreamProxy;
  beforeEach(async () => {
    guarded = await UpstreamProxy.start(longshore.url);
    guarded.fault = ({ method, url = '' }, response) => {
      if (method === 'GET' || method === 'HEAD' || !url.includes('/closed/')) return false;
      response.writeHead(403, { 'content-length': 0 }).end();
      return true;
    };
    return () => guarded.stop();
  });
  const toThree = (...flags: string[]) => {
    const name = `three${flags.length}`;
    const targets = ['one', 'closed', 'three'].map((part) => `${guarded.host}/${part}/${name}`);
    return mirror(...flags, `${proxy.host}/ocp/art-dev:4.99.0-x86_64-cli`, ...targets);
  };

  it('is told of before anything is read', async () => {
    const { status, stderr } = await toThree();
    expect([status, stderr]).toEqual([5, expect.stringContaining(`error: ${guarded.host}/closed/three0`)]);
    expect(reads()).toEqual([]);
    expect(guarded.requests.filter((request) => /^(PATCH|PUT)/.test(request))).toEqual([]);
    expect(guarded.count('POST', '/uploads/')).toBe(3);
    expect(guarded.count('DELETE', '/uploads/')).toBe(2);
  });

  it('does not keep the others from getting the image when that is wanted', async () => {
    const { status, stdout } = await toThree('--continue-on-error');
    expect(status).toBe(3);
    expect(stdout.trim().split('\n').sort()).toEqual(
      ['one', 'three'].map((part) => `${digestOfImage(cli)} ${guarded.host}/${part}/three1:4.99.0-x86_64-cli`),
    );
  });
});

describe('an interrupted run', () => {
  const big = createImage({ seed: 'big', layers: 6, size: 4_000_000, mediaTypes: 'docker' });
  beforeAll(() => pushTree(docker, 'big/app', big, 'v1'));

  /** Begins a run, and ends it by a signal when so many bytes of blobs have come. */
  async function interrupt(bytes: number, signal: NodeJS.Signals, ...args: string[]): Promise<{ code: number | null }> {
    proxy.open(Infinity);
    let passed = 0;
    const running = spawn(process.execPath, [MAIN, 'image', 'mirror', '--insecure', ...args], {
      env,
      cwd: dir,
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => running.once('exit', resolve));
    proxy.fault = (request) => {
      if (request.method === 'GET' && request.url?.includes('/blobs/') === true) passed += 4_000_000;
      if (passed >= bytes) running.kill(signal);
      return false;
    };
    const code = await ended;
    proxy.fault = () => false;
    return { code };
  }

  it.each([1, 8_000_000, 16_000_000, 24_000_000])(
    'killed after %d bytes is gone on with: to a folder',
    async (bytes) => {
      const args = ['--dir=K', '--max-per-registry=2', `${proxy.host}/big/app:v1`, 'file://big/app'];
      await interrupt(bytes, 'SIGKILL', ...args);
      const blobs = join(dir, 'K/v2/big/app/blobs');
      const before = existsSync(blobs) ? readdirSync(blobs).filter((name) => !name.includes('.')) : [];
      proxy.requests.length = 0;
      const { status } = await mirror(...args);
      expect(status).toBe(0);
      for (const digest of before) expect(proxy.count('GET', digest)).toBe(0);
      const names = readdirSync(blobs);
      expect(names.sort()).toEqual([big, ...big.blobs].map(({ descriptor }) => descriptor.digest).sort());
      for (const name of names)
        expect(
          createHash('sha256')
            .update(readFileSync(join(blobs, name)))
            .digest('hex'),
        ).toBe(name.slice(7));
    },
  );

  it.each([4_000_000, 16_000_000])('killed after %d bytes is gone on with: to a registry', async (bytes) => {
    const name = `killed/app${bytes}`;
    const args = ['--max-per-registry=2', `${proxy.host}/big/app:v1`, `${DST}/${name}`];
    await interrupt(bytes, 'SIGKILL', ...args);
    expect((await getManifest(longshore, name, 'v1')).status).toBe(404);
    proxy.requests.length = 0;
    expect((await mirror(...args)).status).toBe(0);
    expect(await digestAt(longshore, name, 'v1')).toBe(big.descriptor.digest);
    expect(proxy.count('GET', '/blobs/')).toBeLessThanOrEqual(big.blobs.length);
  });

  it('by Ctrl-C ends with 130, and the next one goes on', async () => {
    const args = ['--dir=C', '--max-per-registry=1', `${proxy.host}/big/app:v1`, 'file://big/app'];
    expect(await interrupt(8_000_000, 'SIGINT', ...args)).toEqual({ code: 130 });
    expect(existsSync(join(dir, 'C/.longshore/lock'))).toBe(false);
    expect((await mirror(...args)).status).toBe(0);
  });

  it('is not disturbed by another one at the same time', async () => {
    mkdirSync(join(dir, 'L/.longshore'), { recursive: true });
    writeFileSync(join(dir, 'L/.longshore/lock'), String(process.pid));
    const { status, stderr } = await mirror('--dir=L', `${SRC}/big/app:v1`, 'file://big/app');
    expect([status, stderr]).toEqual([1, expect.stringContaining(`process ${process.pid} writes to this folder`)]);
  });
});
