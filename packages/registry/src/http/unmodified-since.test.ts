import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '@longshore/oci';
import { InMemoryDriver } from '@longshore/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { openAccess } from '../access/index.js';
import { defaultConfig } from '../config/index.js';
import { blobData, layerLink, revisionLink } from '../layout.js';
import { createLogger, createMetrics, limitedBy } from '../observe/index.js';
import { createRegistry, type Registry } from '../server/registry.js';

const HOUR_MS = 3_600_000;
const NOW = Date.now();
const LAYER = Buffer.from('layer');
const MANIFEST = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'x', digest: digestOf(LAYER), size: LAYER.length },
    layers: [],
  }),
);

const running: { server: Server; registry: Registry }[] = [];
afterEach(async () => {
  for (const { server, registry } of running.splice(0)) {
    server.closeAllConnections();
    server.close();
    await registry.close();
  }
});

/** A registry with an image whose links were last touched so long ago. */
async function registryWith(ageMs: number) {
  let time = NOW - ageMs;
  const driver = new InMemoryDriver({ now: () => time });
  const config = defaultConfig();
  config.storage.delete.enabled = true;
  for (const content of [LAYER, MANIFEST]) await driver.put(blobData(digestOf(content)), content);
  await driver.put(layerLink('ns/app', digestOf(LAYER)), Buffer.from(digestOf(LAYER)));
  await driver.put(revisionLink('ns/app', digestOf(MANIFEST)), Buffer.from(digestOf(MANIFEST)));
  time = NOW;
  const registry = createRegistry(config, {
    driver,
    access: openAccess(),
    secret: Buffer.alloc(32),
    log: createLogger({ level: 'error' }),
    metrics: createMetrics({ runtime: false }),
    limiter: limitedBy(undefined),
    renderMetrics: async () => '',
  });
  const server = createServer(registry.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({ server, registry });
  const { port } = server.address() as AddressInfo;
  return (path: string, since?: number) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = since === undefined ? {} : { 'if-unmodified-since': new Date(since).toUTCString() };
      const sent = request({ port, path, method: 'DELETE', agent: false, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });
}

describe.each([
  ['a layer link', `/v2/ns/app/blobs/${digestOf(LAYER)}`],
  ['a manifest', `/v2/ns/app/manifests/${digestOf(MANIFEST)}`],
])('%s', (_, path) => {
  it('that a push may rely upon is not deleted for a pruner that looked before', async () => {
    const remove = await registryWith(HOUR_MS / 4);
    expect(await remove(path, NOW)).toBe(412);
    expect(await remove(path)).toBe(202);
  });

  it('that nobody has touched is', async () => {
    const remove = await registryWith(HOUR_MS);
    expect(await remove(path, NOW)).toBe(202);
    expect(await remove(path, NOW)).toBe(404);
  });
});
