import { setImmediate as turn } from 'node:timers/promises';
import { digestOf } from '@longshore/oci';
import { randomBytesOf } from '@longshore/testkit';
import { expect, it } from 'vitest';
import { RegistryClient } from '../client/registry-client.js';
import { PLAIN_BODY, RawBlobs } from '../copy/testing/raw-blobs.js';

it('reads a body to its end whose connection ended long before', async () => {
  const bytes = randomBytesOf('paused', 131_072);
  const server = await RawBlobs.start();
  const client = new RegistryClient({ insecure: () => true });
  server.publish(digestOf(bytes), bytes, [{ ...PLAIN_BODY, framing: 'end of connection' }]);
  const { signal } = new AbortController();
  const { body } = await client.repository({ host: server.host, name: 'a/b' }).blob(digestOf(bytes), { signal });
  const found: Buffer[] = [];
  for await (const piece of body) {
    found.push(Buffer.from(piece as Buffer));
    while (server.connections > 0) await turn();
  }
  expect(Buffer.concat(found).equals(bytes)).toBe(true);
  await client.close();
  await server.close();
});
