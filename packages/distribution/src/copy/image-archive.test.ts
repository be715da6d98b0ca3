import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createContainerTools,
  createImage,
  createIndex,
  digestOf,
  temporaryFolder,
  writeOciLayout,
  type ContainerTools,
} from '@longshore/testkit';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ImageArchive, type ArchiveKind } from './image-archive.js';
import { ImageFolder } from './image-folder.js';
import { OciLayout } from './oci-layout.js';
import type { ImageSource, ImageTarget } from './place.js';
import { runCopy, type RunOptions } from './testing/run-copy.js';

// Other programs are started, and machines that test are busy.
vi.setConfig({ testTimeout: 180_000 });

const image = createImage({ seed: 'archive', layers: 2, size: 300_000 });
const docker = createImage({ seed: 'archive', layers: 2, size: 300_000, mediaTypes: 'docker' });
const list = createIndex([image, createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } })]);

let layout: string;
let tools: ContainerTools;
let dir: string;
beforeAll(async () => {
  layout = temporaryFolder('layout');
  await writeOciLayout(layout, { one: image, docker, list });
  tools = await createContainerTools(temporaryFolder('tools'));
});
beforeEach(() => void (dir = temporaryFolder('archives')));

/** Copies as whoever mirrors images does, with the beginning and the end of an archive. */
async function copy(source: ImageSource, reference: string, target: ImageTarget, tag?: string, options?: RunOptions) {
  try {
    if (target instanceof ImageArchive) await target.begin();
    return await runCopy([{ source, reference, targets: [{ target, tag }] }], options);
  } finally {
    if (target instanceof ImageArchive) await target.close();
  }
}

const archive = (kind: ArchiveKind, name = 'a.tar') => new ImageArchive(kind, join(dir, name));
const skopeo = (...args: string[]) => tools.run('skopeo', args);
const digestIn = async (place: string) => digestOf(Buffer.from((await skopeo('inspect', '--raw', place)).stdout));
const digestFrom = async (source: ImageSource, reference: string) =>
  (await source.manifest(reference, { signal: new AbortController().signal })).digest;

describe('what is written', () => {
  it.each([
    ['oci-archive', 'list', list],
    ['oci-archive', 'docker', docker],
    ['docker-archive', 'one', image],
    ['docker-archive', 'docker', docker],
  ] as const)('as %s of %s comes back with its digest', async (kind, name, { descriptor }) => {
    await copy(new OciLayout(layout), name, archive(kind), 'quay.io/org/app:v1');
    expect(readdirSync(dir)).toEqual(['a.tar']);
    const back = join(dir, 'back');
    await copy(archive(kind), 'quay.io/org/app:v1', new OciLayout(back));
    expect(await digestFrom(new OciLayout(back), '')).toBe(descriptor.digest);
  });

  it('as dir: comes back with its digest, and is what skopeo writes', async () => {
    const [ours, theirs, back] = ['ours', 'theirs', 'back'].map((name) => join(dir, name)) as [string, string, string];
    await copy(new OciLayout(layout), 'list', new ImageFolder(ours), 'any');
    await skopeo('copy', '-q', '--all', `oci:${layout}:list`, `dir:${theirs}`);
    expect(readdirSync(ours).sort()).toEqual(readdirSync(theirs).sort());
    for (const name of readdirSync(ours)) {
      expect(readFileSync(join(ours, name)).equals(readFileSync(join(theirs, name))), name).toBe(true);
    }
    await copy(new ImageFolder(theirs), '', new OciLayout(back));
    expect(await digestFrom(new OciLayout(back), '')).toBe(list.descriptor.digest);
    await skopeo('copy', '-q', '--all', `dir:${ours}`, `oci:${join(dir, 'skopeo')}:list`);
    expect(await digestFrom(new OciLayout(join(dir, 'skopeo')), 'list')).toBe(list.descriptor.digest);
  });

  it('as oci-archive is read by skopeo', async () => {
    await copy(new OciLayout(layout), 'list', archive('oci-archive'), 'org/app:v1');
    expect(await digestIn(`oci-archive:${join(dir, 'a.tar')}:org/app:v1`)).toBe(list.descriptor.digest);
    await skopeo('copy', '-q', '--all', `oci-archive:${join(dir, 'a.tar')}`, `oci:${join(dir, 'b')}:x`);
  });

  it('as docker-archive is loaded by podman', async () => {
    await copy(new OciLayout(layout), 'one', archive('docker-archive'), 'quay.io/org/app:v1');
    await tools.run('podman', ['load', '-q', '-i', join(dir, 'a.tar')]);
    const { stdout } = await tools.run('podman', ['image', 'inspect', '--format={{.Id}}', 'quay.io/org/app:v1']);
    expect(`sha256:${stdout.trim()}`).toBe(image.blobs[0]?.descriptor.digest);
  });

  it('is as large as its content, and is not written again', async () => {
    await copy(new OciLayout(layout), 'one', archive('oci-archive'), 'v1');
    const bytes = [image, ...image.blobs].reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    expect(statSync(join(dir, 'a.tar')).size).toBeLessThan(1.05 * bytes);
    const { events } = await copy(new OciLayout(layout), 'one', archive('oci-archive'), 'v1');
    expect(events).toEqual([]);
    await expect(copy(new OciLayout(layout), 'list', archive('oci-archive'), 'v2')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('is there already') as string,
    });
  });

  it('has to have a folder', async () => {
    await expect(copy(new OciLayout(layout), 'one', archive('oci-archive', 'none/a.tar'), 'v1')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('make it first') as string,
    });
  });

  it('as docker-archive is no list', async () => {
    await expect(copy(new OciLayout(layout), 'list', archive('docker-archive'))).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('--filter-by-os') as string,
    });
    expect(existsSync(join(dir, 'a.tar'))).toBe(false);
  });

  it.each(['oci-archive', 'docker-archive'] as const)(
    'as %s is not there before it is whole, and goes on after an interruption',
    async (kind) => {
      const controller = new AbortController();
      const ended = copy(new OciLayout(layout), 'one', archive(kind), 'org/app:v1', {
        signal: controller.signal,
        onEvent: ({ type }) => type === 'pushed' && controller.abort(new Error('ended')),
      });
      await expect(ended).rejects.toThrow('ended');
      expect(readdirSync(dir).sort()).toEqual(['a.tar.journal', 'a.tar.partial']);
      // A killed process leaves more than its journal knows of.
      writeFileSync(join(dir, 'a.tar.partial'), Buffer.alloc(5000, 7), { flag: 'a' });
      const { events } = await copy(new OciLayout(layout), 'one', archive(kind), 'org/app:v1');
      expect(events.filter(({ type }) => type === 'uploading')).toEqual([]);
      expect(readdirSync(dir)).toEqual(['a.tar']);
      await skopeo('inspect', `${kind}:${join(dir, 'a.tar')}:org/app:v1`);
    },
  );

  it('after a failure has no hole that others cannot read', async () => {
    const place = archive('oci-archive');
    await place.begin();
    const signal = new AbortController().signal;
    const sink = await place.writeBlob({ digest: `sha256:${'0'.repeat(64)}` as never, size: 100_000 });
    await sink.write(Buffer.alloc(100_000, 1));
    await sink.abort();
    await runCopy([{ source: new OciLayout(layout), reference: 'one', targets: [{ target: place, tag: 'v1' }] }], {
      signal,
    });
    await place.close();
    expect(await digestIn(`oci-archive:${join(dir, 'a.tar')}:v1`)).toBe(image.descriptor.digest);
  });

  it('does not go among files of other people', async () => {
    writeFileSync(join(dir, 'letter.txt'), 'hello');
    await expect(copy(new OciLayout(layout), 'one', new ImageFolder(dir))).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('is not empty') as string,
    });
    expect(readdirSync(dir)).toEqual(['letter.txt']);
  });
});

describe('what skopeo writes', () => {
  it('as oci-archive is read', async () => {
    await skopeo('copy', '-q', '--all', `oci:${layout}:list`, `oci-archive:${join(dir, 'a.tar')}:v1`);
    await copy(archive('oci-archive'), 'v1', new OciLayout(join(dir, 'back')), 'v1');
    expect(await digestFrom(new OciLayout(join(dir, 'back')), 'v1')).toBe(list.descriptor.digest);
  });

  it('as docker-archive is read, by any of its names', async () => {
    await skopeo('copy', '-q', `oci:${layout}:one`, `docker-archive:${join(dir, 'a.tar')}:app:v1`);
    const source = archive('docker-archive');
    const digest = await digestFrom(source, '');
    for (const name of ['app:v1', 'docker.io/library/app:v1', digest])
      expect(await digestFrom(source, name)).toBe(digest);
    await expect(digestFrom(source, 'app:v2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const back = join(dir, 'back');
    mkdirSync(back);
    await copy(source, 'app:v1', new ImageFolder(back));
    const { stdout } = await skopeo('inspect', '--config', `dir:${back}`);
    expect(JSON.parse(stdout)).toMatchObject({ config: { Labels: { seed: 'archive' } } });
  });

  it('with a layer that is not what the configuration says is refused', async () => {
    await skopeo('copy', '-q', `oci:${layout}:one`, `docker-archive:${join(dir, 'a.tar')}`);
    const bytes = readFileSync(join(dir, 'a.tar'));
    bytes.fill(bytes[100_000] === 1 ? 2 : 1, 100_000, 100_001);
    writeFileSync(join(dir, 'a.tar'), bytes);
    const target = new OciLayout(join(dir, 'back'));
    await expect(copy(archive('docker-archive'), '', target, 'v1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(existsSync(join(dir, 'back/index.json'))).toBe(false);
  });

  it('is refused when it is cut off', async () => {
    await skopeo('copy', '-q', `oci:${layout}:one`, `oci-archive:${join(dir, 'a.tar')}:v1`);
    truncateSync(join(dir, 'a.tar'), 100_000);
    await expect(digestFrom(archive('oci-archive'), 'v1')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('is cut off') as string,
    });
  });
});
