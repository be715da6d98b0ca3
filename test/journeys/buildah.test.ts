import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digestOf,
  digestOfPulledBlob,
  getManifest,
  jsonOf,
  MEDIA_TYPES,
  requireProgram,
  type ContainerTools,
  type RunningRegistry,
} from '@longshore/testkit';
import { buildBusybox, Journey } from './journey.js';

describe('buildah', () => {
  const journey = new Journey();
  let registry: RunningRegistry;
  let tools: ContainerTools;

  beforeAll(async () => {
    registry = await journey.registry();
    tools = await journey.tools();
  });
  afterAll(() => journey.end());

  it.each(['oci', 'docker'] as const)(
    'builds from nothing, pushes as %s, and builds on what it pulls',
    async (family) => {
      const name = `localhost/base-${family}`;
      const reference = `${registry.address}/build/${family}:1`;
      const format = family === 'oci' ? 'oci' : 'v2s2';
      await buildBusybox(tools, name, 'base');
      await tools.run('buildah', ['push', '--tls-verify=false', '--format', format, name, `docker://${reference}`]);

      const stored = await getManifest(registry, `build/${family}`, '1');
      expect(stored.headers['content-type']).toBe(MEDIA_TYPES[family].manifest);
      expect(jsonOf(stored)).toMatchObject({ schemaVersion: 2, config: { mediaType: MEDIA_TYPES[family].config } });

      await tools.run('buildah', ['rmi', '--all', '--force']);
      await tools.run('buildah', ['pull', '--tls-verify=false', `docker://${reference}`]);
      const container = (await tools.run('buildah', ['from', '--pull-never', reference])).stdout.trim();
      const root = (await tools.run('buildah', ['mount', container])).stdout.trim();
      const original = await readFile(await requireProgram('busybox', 'busybox-static'));
      expect(digestOf(await readFile(join(root, 'bin/busybox')))).toBe(digestOf(original));
      await tools.run('buildah', ['umount', container]);
      await tools.run('buildah', ['rm', container]);
    },
  );

  it('pushes a second image that shares layers with the first', async () => {
    await buildBusybox(tools, 'localhost/first', 'first');
    await tools.run('buildah', [
      'push',
      '--tls-verify=false',
      'localhost/first',
      `docker://${registry.address}/build/first:1`,
    ]);
    const container = (await tools.run('buildah', ['from', '--pull-never', 'localhost/first'])).stdout.trim();
    await tools.run('buildah', ['config', '--label', 'step=2', container]);
    await tools.run('buildah', ['commit', '--rm', container, 'localhost/second']);
    await tools.run('buildah', [
      'push',
      '--tls-verify=false',
      'localhost/second',
      `docker://${registry.address}/build/second:1`,
    ]);

    const layers = async (repository: string) => {
      const manifest = jsonOf(await getManifest(registry, repository, '1')) as { layers: { digest: string }[] };
      return manifest.layers.map((layer) => layer.digest);
    };
    const [first, second] = [await layers('build/first'), await layers('build/second')];
    expect(second).toEqual(expect.arrayContaining(first));
    for (const digest of second) {
      expect(await digestOfPulledBlob(registry, 'build/second', digest)).toBe(digest);
    }
  });
});
