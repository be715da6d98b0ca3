import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '@longshore/oci';
import {
  blobOf,
  createImage,
  createIndex,
  createManifest,
  randomBytesOf,
  StubRegistry,
  temporaryFolder,
} from '@longshore/testkit';
import type { GeneratedManifest } from '@longshore/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RegistryClient } from '../client/registry-client.js';
import { FileRepository } from './file-repository.js';
import { Folder } from './folder.js';
import { Journal } from './journal.js';
import { OciLayout } from './oci-layout.js';
import type { ImageTarget } from './place.js';
import { RegistrySource } from './registry-place.js';
import { runCopy } from './testing/run-copy.js';

let registry: StubRegistry;
const client = new RegistryClient({ insecure: () => true, attempts: 2 });
beforeAll(async () => void (registry = await StubRegistry.start()));
afterAll(async () => {
  await client.close();
  await registry.close();
});

const source = (name: string) => new RegistrySource(client, { host: registry.host, name });
const image = createImage({ seed: 'files', layers: 2, size: 100_000 });
const { digest } = image.descriptor;
const [layer] = image.blobs.slice(-1);
const layerDigest = layer?.descriptor.digest ?? '';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('files');
  registry.publish('team/app', image, 'v1');
  registry.requests.length = 0;
});

const base = () => join(dir, 'v2/mirror/app');
const inBlobs = (name: string) => join(base(), 'blobs', name);
const folder = (repository = 'mirror/app', journal?: Journal) => new FileRepository(dir, repository, journal);
const mirror = (to: ImageTarget = folder(), from = source('team/app')) =>
  runCopy([{ source: from, reference: 'v1', targets: [{ target: to, tag: 'v1' }] }]);
const isWhole = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex') === file.slice(-64);

describe('the folder', () => {
  it('has the layout of the reference, to the byte', async () => {
    await mirror();
    const digests = [image, ...image.blobs].map(({ descriptor }) => descriptor.digest).sort();
    expect(readdirSync(join(base(), 'blobs')).sort()).toEqual(digests);
    expect(readdirSync(join(base(), 'manifests')).sort()).toEqual([digest, 'v1'].sort());
    expect(readlinkSync(join(base(), 'manifests/v1'))).toBe(digest);
    expect(statSync(join(base(), 'manifests', digest)).ino).toBe(statSync(inBlobs(digest)).ino);
    expect(statSync(inBlobs(digest)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(base(), 'blobs')).every((name) => isWhole(inBlobs(name)))).toBe(true);
  });

  it('that has all is not written to again, and no blob is fetched', async () => {
    await mirror();
    registry.requests.length = 0;
    expect((await mirror()).events).toEqual([]);
    expect(registry.asked('GET').filter((path) => path.includes('/blobs/'))).toEqual([]);
  });

  it('gets back what was lost, cut or changed on it', async () => {
    await mirror();
    rmSync(inBlobs(image.blobs[0]?.descriptor.digest ?? ''));
    writeFileSync(inBlobs(layerDigest), randomBytesOf('other', layer?.descriptor.size ?? 0));
    truncateSync(inBlobs(image.blobs[1]?.descriptor.digest ?? ''), 10);
    writeFileSync(join(base(), 'manifests', digest), 'x');
    await mirror();
    expect(readdirSync(join(base(), 'blobs')).every((name) => isWhole(inBlobs(name)))).toBe(true);
    expect(isWhole(join(base(), 'manifests', digest))).toBe(true);
  });

  it.each([
    [
      'repositories',
      (repository: FileRepository): FileRepository | OciLayout => repository,
      () => [inBlobs(digest), join(base(), 'manifests', digest)],
    ],
    ['a layout', () => new OciLayout(dir).at('mirror/app'), () => [join(dir, 'blobs', digest.replace(':', '/'))]],
  ])('of %s that has a tag and not what it names is not whole, and is made so', async (_, placeOf, files) => {
    const place = placeOf(folder());
    await mirror(place);
    files().forEach((file) => rmSync(file));
    await expect(place.manifest('v1')).rejects.toMatchObject({
      code: 'INCOMPLETE',
      message: expect.stringContaining(digest.slice(7)) as string,
    });
    await expect(place.manifest('v2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await mirror(place);
    expect((await place.manifest('v1')).digest).toBe(digest);
  });

  it('asks again for what a journal knows only when it has changed since', async () => {
    const journal = await Journal.open(join(dir, '.journal'));
    await mirror(folder('mirror/app', journal));
    expect((await mirror(folder('mirror/app', journal))).events).toEqual([]);
    writeFileSync(inBlobs(layerDigest), randomBytesOf('other', layer?.descriptor.size ?? 0));
    await mirror(folder('mirror/app', journal));
    expect(isWhole(inBlobs(layerDigest))).toBe(true);
    await journal.close();
  });

  it('takes a blob over from another repository in it, and goes to both in one run', async () => {
    const { events } = await runCopy([
      {
        source: source('team/app'),
        reference: 'v1',
        targets: [
          { target: folder('a'), tag: 'v1' },
          { target: folder('b'), tag: 'v1' },
        ],
      },
    ]);
    expect(events.filter(({ type }) => type === 'mounted')).toHaveLength(2);
    expect(statSync(join(dir, 'v2/a/blobs', layerDigest)).ino).toBe(statSync(join(dir, 'v2/b/blobs', layerDigest)).ino);
  });
});

describe('what a killed run left', () => {
  it.each([
    ['a beginning', (bytes: Buffer) => bytes.subarray(0, 60_000), true],
    ['all but the last step', (bytes: Buffer) => bytes, true],
    [
      'a beginning that is spoilt',
      (bytes: Buffer) => Buffer.concat([Buffer.from('x'), bytes.subarray(1, 60_000)]),
      false,
    ],
    ['more than there is', (bytes: Buffer) => Buffer.concat([bytes, bytes]), false],
  ])('is gone on with: %s', async (_, make, isUsed) => {
    mkdirSync(join(base(), 'blobs'), { recursive: true });
    const part = make(layer?.bytes ?? Buffer.alloc(0));
    writeFileSync(inBlobs(`${layerDigest}.download`), part);
    await mirror();
    expect(isWhole(inBlobs(layerDigest))).toBe(true);
    expect(existsSync(inBlobs(`${layerDigest}.download`))).toBe(false);
    const gets = registry.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(layerDigest));
    const ranges = gets.map(({ headers }) => headers.range);
    if (isUsed && part.byteLength < (layer?.bytes.byteLength ?? 0)) expect(ranges).toEqual(['bytes=60000-']);
    if (isUsed && part.byteLength === layer?.bytes.byteLength) expect(ranges).toEqual([]);
  });

  it('is gone after the next one: manifests without their tag, and links of temporary names', async () => {
    await mirror();
    const expected = readdirSync(join(base(), 'manifests')).sort();
    rmSync(join(base(), 'manifests/v1'));
    const temporary = `.${createHash('sha256').update('v1').digest('hex').slice(0, 12)}.tmp`;
    symlinkSync('nowhere', join(base(), 'manifests', temporary));
    await mirror();
    expect(readdirSync(join(base(), 'manifests')).sort()).toEqual(expected);
  });

  it('does not block later runs: links and files of temporary names', async () => {
    mkdirSync(join(base(), 'blobs'), { recursive: true });
    mkdirSync(join(base(), 'manifests'), { recursive: true });
    symlinkSync(digest, join(base(), 'manifests/v1.download'));
    symlinkSync('nowhere', join(base(), 'manifests', `${digest}.download`));
    const victim = join(dir, 'victim');
    writeFileSync(victim, 'precious');
    linkSync(victim, inBlobs(`${layerDigest}.download`));
    symlinkSync(victim, inBlobs(`${image.blobs[0]?.descriptor.digest}.download`));
    await mirror();
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    const tags: string[] = [];
    for await (const tag of folder().tags()) tags.push(tag);
    expect(tags).toEqual(['v1']);
  });
});

describe('media', () => {
  const forward = (from: FileRepository | OciLayout = folder()) => {
    const to = new FileRepository(temporaryFolder('far'), 'far/app');
    return runCopy([{ source: from, reference: 'v1', targets: [{ target: to, tag: 'v1' }] }]);
  };

  it('that were copied without links are read', async () => {
    await mirror();
    const copied = temporaryFolder('dereferenced');
    cpSync(dir, copied, { recursive: true, dereference: true });
    await forward(new FileRepository(copied, 'mirror/app'));
  });

  it.each<[string, () => void, string]>([
    [
      'a changed manifest',
      () => writeFileSync(join(base(), 'manifests', digest), Buffer.concat([image.bytes, Buffer.from(' ')])),
      'DIGEST_MISMATCH',
    ],
    ['a blob that was cut', () => truncateSync(inBlobs(layerDigest), 10), 'DIGEST_MISMATCH'],
    ['a blob that is missing', () => rmSync(inBlobs(layerDigest)), 'INCOMPLETE'],
    [
      'a blob of other content',
      () => writeFileSync(inBlobs(layerDigest), randomBytesOf('x', layer?.bytes.byteLength ?? 0)),
      'DIGEST_MISMATCH',
    ],
    [
      'a blob that is a link to elsewhere',
      () => {
        rmSync(inBlobs(layerDigest));
        symlinkSync('/etc/hostname', inBlobs(layerDigest));
      },
      'INVALID',
    ],
    [
      'a tag that leads out of the folder',
      () => {
        rmSync(join(base(), 'manifests/v1'));
        symlinkSync('../../../../../../etc/hostname', join(base(), 'manifests/v1'));
      },
      'INVALID',
    ],
    [
      'a repository that is a link to elsewhere',
      () => {
        const outside = temporaryFolder('outside');
        renameSync(base(), join(outside, 'app'));
        symlinkSync(join(outside, 'app'), base());
      },
      'INVALID',
    ],
    [
      'a manifest without end',
      () => {
        rmSync(join(base(), 'manifests/v1'));
        writeFileSync(join(base(), 'manifests/v1'), Buffer.alloc(5 * 1024 * 1024));
      },
      'TOO_LARGE',
    ],
    [
      'a folder in the place of a blob',
      () => {
        rmSync(inBlobs(layerDigest));
        mkdirSync(inBlobs(layerDigest));
      },
      'INVALID',
    ],
  ])('with %s are refused', async (_, spoil, code) => {
    await mirror();
    spoil();
    await expect(forward()).rejects.toMatchObject({ code });
  });

  it.each(['../../etc', 'a/../b', '/etc', 'A', ''])('have no repository %j', (name) => {
    expect(() => new FileRepository(dir, name)).toThrow(/does not name a repository/);
  });

  it.each<[string, (layout: string) => void, string]>([
    ['another format', (layout) => writeFileSync(join(layout, 'index.json'), '[]'), 'INVALID'],
    [
      'a digest that leads out',
      (layout) =>
        writeFileSync(
          join(layout, 'index.json'),
          JSON.stringify({
            schemaVersion: 2,
            manifests: [
              {
                mediaType: 'application/vnd.oci.image.manifest.v1+json',
                digest: 'sha256:../../../etc/hostname',
                size: 1,
              },
            ],
          }),
        ),
      'INVALID',
    ],
    [
      '100,000 entries',
      (layout) => {
        const manifests = Array.from({ length: 100_000 }, () => ({ mediaType: 'a/b', digest, size: 1 }));
        writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
      },
      'INVALID',
    ],
    ['no index', (layout) => rmSync(join(layout, 'index.json')), 'NOT_FOUND'],
    [
      'two images of a name',
      (layout) => {
        const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: object[] };
        writeFileSync(
          join(layout, 'index.json'),
          JSON.stringify({ ...index, manifests: [...index.manifests, ...index.manifests] }),
        );
      },
      'INVALID',
    ],
    [
      'blobs that are elsewhere',
      (layout) => {
        const outside = join(temporaryFolder('outside'), 'sha256');
        renameSync(join(layout, 'blobs/sha256'), outside);
        symlinkSync(outside, join(layout, 'blobs/sha256'));
      },
      'INVALID',
    ],
  ])('as an OCI layout with %s are refused', async (_, spoil, code) => {
    const layout = temporaryFolder('layout');
    await runCopy([
      { source: source('team/app'), reference: 'v1', targets: [{ target: new OciLayout(layout), tag: 'v1' }] },
    ]);
    spoil(layout);
    await expect(forward(new OciLayout(layout))).rejects.toMatchObject({ code });
  });
});

it('is written whole by several at a time', async () => {
  const shared = new Folder(dir);
  const texts = ['one', 'two', 'three', 'four'].map((text) => text.repeat(100_000));
  await Promise.all(texts.map((text) => shared.write('file', Buffer.from(text))));
  expect(texts).toContain(readFileSync(join(dir, 'file'), 'utf8'));
  expect(readdirSync(dir)).toEqual(['file']);
});

/** mirror.md 2.9, 1: the reference spoils this silently. */
it('writes a blob of four source repositories once, whole', async () => {
  const shared = blobOf(randomBytesOf('shared', 8_000_000), 'application/vnd.oci.image.layer.v1.tar');
  const images: [string, GeneratedManifest][] = ['a', 'b', 'c', 'd'].map((name) => [
    `many/${name}`,
    createManifest('oci', blobOf(Buffer.from(`{"n":"${name}"}`), 'application/vnd.oci.image.config.v1+json'), [shared]),
  ]);
  for (const [name, one] of images) registry.publish(name, one, 'v1');
  await runCopy(
    images.map(([name], index) => ({
      source: source(name),
      reference: 'v1',
      targets: [{ target: folder(), tag: `t${index}` }],
    })),
  );
  expect(isWhole(inBlobs(shared.descriptor.digest))).toBe(true);
  const gets = registry.asked('GET').filter((path) => path.endsWith(shared.descriptor.digest as Digest));
  expect(gets).toHaveLength(1);
});

it('keeps a list with all its images', async () => {
  const list = createIndex([image, createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } })]);
  registry.publish('team/list', list, 'v1');
  await mirror(folder('lists/app'), source('team/list'));
  expect((await folder('lists/app').manifest('v1')).digest).toBe(list.descriptor.digest);
  for (const child of list.children) {
    expect((await folder('lists/app').manifest(child.descriptor.digest)).digest).toBe(child.descriptor.digest);
  }
});
