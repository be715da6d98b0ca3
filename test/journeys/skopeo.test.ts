import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blobOf,
  createImage,
  createIndex,
  createManifest,
  digestOf,
  digestOfPulledBlob,
  getManifest,
  jsonOf,
  MEDIA_TYPES,
  pushTree,
  tarOf,
  writeOciLayout,
  type ContainerTools,
  type GeneratedManifest,
  type RunningRegistry,
} from '@longshore/testkit';
import { Journey } from './journey.js';

interface Manifest {
  mediaType: string;
  config: { digest: string };
  layers: { mediaType: string; digest: string; size: number }[];
}

interface Index {
  mediaType: string;
  manifests: { mediaType: string; digest: string }[];
}

describe('skopeo', () => {
  const journey = new Journey();
  let registry: RunningRegistry;
  let other: RunningRegistry;
  let tools: ContainerTools;

  const skopeo = async (...args: string[]) => (await tools.run('skopeo', args)).stdout;
  const copy = (...args: string[]) => skopeo('copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...args);
  const at = (name: string) => `docker://${registry.address}/${name}`;
  const layout = async (manifest: GeneratedManifest) => {
    const dir = journey.folder();
    await writeOciLayout(dir, { image: manifest });
    return `oci:${dir}:image`;
  };
  /** A `dir:` folder as file names and the digests of their content. */
  const contentOf = async (dir: string) => {
    const names = (await readdir(dir)).sort();
    return Promise.all(names.map(async (name) => [name, digestOf(await readFile(join(dir, name)))]));
  };
  beforeAll(async () => {
    [registry, other, tools] = await Promise.all([journey.registry(), journey.registry(), journey.tools()]);
  });
  afterAll(() => journey.end());

  it('copies an index of two platforms from a folder to the registry and back without any change', async () => {
    const children = ['amd64', 'arm64'].map((architecture) =>
      createImage({ seed: architecture, layers: 2, platform: { os: 'linux', architecture } }),
    );
    const [before, after] = [journey.folder(), journey.folder()];
    await copy('--all', await layout(createIndex(children)), `dir:${before}`);
    await copy('--all', `dir:${before}`, at('copy/index:1'));
    await copy('--all', at('copy/index:1'), `dir:${after}`);
    expect(await contentOf(after)).toEqual(await contentOf(before));
    for (const child of children) {
      expect((await getManifest(registry, 'copy/index', child.descriptor.digest)).body.toString()).toBe(
        child.bytes.toString(),
      );
    }
  });

  it('chooses the child of the asked platform', async () => {
    const children = ['amd64', 's390x'].map((architecture) =>
      createImage({ seed: `one ${architecture}`, platform: { os: 'linux', architecture } }),
    );
    await copy('--all', await layout(createIndex(children)), at('copy/platforms:1'));
    const inspected = await skopeo('inspect', '--tls-verify=false', '--override-arch', 's390x', at('copy/platforms:1'));
    expect(JSON.parse(inspected)).toMatchObject({ Architecture: 's390x' });
  });

  it.each([
    ['v2s2', 'docker'],
    ['oci', 'oci'],
  ] as const)('converts to %s while it pushes', async (format, family) => {
    const source = createImage({ seed: 'convert', layers: 3, mediaTypes: family === 'oci' ? 'docker' : 'oci' });
    await pushTree(registry, 'convert/source', source, format);
    await copy('--format', format, at(`convert/source:${format}`), at(`convert/${format}:1`));
    const response = await getManifest(registry, `convert/${format}`, '1');
    expect(response.headers['content-type']).toBe(MEDIA_TYPES[family].manifest);
    const manifest = jsonOf(response) as Manifest;
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual(Array(3).fill(MEDIA_TYPES[family].layer));
    await copy(at(`convert/${format}:1`), `dir:${journey.folder()}`);
  });

  it('converts a whole index to a manifest list', async () => {
    const children = ['amd64', 'ppc64le'].map((architecture) =>
      createImage({ seed: `list ${architecture}`, platform: { os: 'linux', architecture } }),
    );
    await copy('--all', '--format', 'v2s2', await layout(createIndex(children)), at('convert/list:1'));
    const response = await getManifest(registry, 'convert/list', '1');
    expect(response.headers['content-type']).toBe(MEDIA_TYPES.docker.index);
    const list = jsonOf(response) as Index;
    expect(list.manifests.map((child) => child.mediaType)).toEqual(Array(2).fill(MEDIA_TYPES.docker.manifest));
  });

  it('pushes layers packed with zstd, and pulls them back', async () => {
    const archive = tarOf([{ path: 'text', content: Buffer.alloc(200_000, 'ahoy ') }]);
    const config = {
      os: 'linux',
      architecture: 'amd64',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    };
    const image = createManifest('oci', blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.oci.config), [
      blobOf(archive, 'application/vnd.oci.image.layer.v1.tar'),
    ]);
    await copy('--dest-compress-format', 'zstd', await layout(image), at('copy/zstd:1'));
    const manifest = jsonOf(await getManifest(registry, 'copy/zstd', '1')) as Manifest;
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual(['application/vnd.oci.image.layer.v1.tar+zstd']);
    const unpacked = journey.folder();
    await copy('--dest-decompress', at('copy/zstd:1'), `dir:${unpacked}`);
    expect(await readdir(unpacked)).toContain(digestOf(archive).replace('sha256:', ''));
  });

  it('copies an image of 30 layers', async () => {
    const image = createImage({ seed: 'thirty', layers: 30, size: 20_000 });
    await copy(await layout(image), at('copy/thirty:1'));
    expect((await getManifest(registry, 'copy/thirty', '1')).body.toString()).toBe(image.bytes.toString());
    const dir = journey.folder();
    await copy(at('copy/thirty:1'), `dir:${dir}`);
    expect((await readdir(dir)).length).toBe(30 + 3); // layers, configuration, manifest.json and version
  });

  it('mounts layers from another repository of the same registry', async () => {
    const image = createImage({ seed: 'mount', layers: 2, size: 50_000 });
    await copy(await layout(image), at('mount/from:1'));
    await copy(at('mount/from:1'), at('mount/to:1'));
    for (const { descriptor } of image.blobs) {
      expect(await digestOfPulledBlob(registry, 'mount/to', descriptor.digest)).toBe(descriptor.digest);
    }
  });

  it('overwrites a tag', async () => {
    const [old, young] = [createImage({ seed: 'old' }), createImage({ seed: 'young' })];
    await copy(await layout(old), at('copy/moving:latest'));
    await copy(await layout(young), at('copy/moving:latest'));
    expect((await getManifest(registry, 'copy/moving', 'latest')).body.toString()).toBe(young.bytes.toString());
    expect((await getManifest(registry, 'copy/moving', old.descriptor.digest)).body.toString()).toBe(
      old.bytes.toString(),
    );
  });

  it('inspects, lists tags and deletes', async () => {
    const image = createImage({ seed: 'inspect', layers: 2 });
    for (const tag of ['b', 'a', 'B', '1.0']) {
      await copy(await layout(image), at(`inspect/app:${tag}`));
    }
    const inspected = JSON.parse(await skopeo('inspect', '--tls-verify=false', at('inspect/app:a'))) as object;
    expect(inspected).toMatchObject({
      Digest: image.descriptor.digest,
      Labels: { seed: 'inspect' },
      Layers: image.blobs.slice(1).map((layer) => layer.descriptor.digest),
    });
    const raw = await skopeo('inspect', '--tls-verify=false', '--raw', at('inspect/app:a'));
    expect(digestOf(Buffer.from(raw))).toBe(image.descriptor.digest);
    const listed = JSON.parse(await skopeo('list-tags', '--tls-verify=false', at('inspect/app'))) as { Tags: string[] };
    expect(listed.Tags.sort()).toEqual(['1.0', 'B', 'a', 'b']);

    await skopeo('delete', '--tls-verify=false', at('inspect/app:a'));
    for (const tag of ['a', 'b']) {
      const gone = await tools.run('skopeo', ['inspect', '--tls-verify=false', at(`inspect/app:${tag}`)], {
        mayFail: true,
      });
      expect(gone.stderr).toContain('manifest unknown'); // skopeo deletes the manifest, and with it all its tags
    }
  });

  it('syncs a repository to folders, and to another registry', async () => {
    const images = new Map(['1', '2'].map((tag) => [tag, createImage({ seed: `sync ${tag}` })]));
    for (const [tag, image] of images) {
      await copy(await layout(image), at(`sync/app:${tag}`));
    }
    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const source = `${registry.address}/sync/app`;
    const dir = journey.folder();
    await skopeo('sync', ...insecure, '--src', 'docker', '--dest', 'dir', source, dir);
    expect((await readdir(dir)).sort()).toEqual(['app:1', 'app:2']);
    await skopeo(
      'sync',
      ...insecure,
      '--all',
      '--src',
      'docker',
      '--dest',
      'docker',
      source,
      `${other.address}/mirror`,
    );
    for (const [tag, image] of images) {
      expect(await readFile(join(dir, `app:${tag}`, 'manifest.json'), 'utf8')).toBe(image.bytes.toString());
      expect((await getManifest(other, 'mirror/app', tag)).body.toString()).toBe(image.bytes.toString());
    }
    await skopeo('sync', ...insecure, '--src', 'dir', '--dest', 'docker', dir, `${other.address}/again`);
    expect((await getManifest(other, 'again/app', '2')).body.toString()).toBe(images.get('2')?.bytes.toString());
  });
});
