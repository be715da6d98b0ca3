import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority, issueServerCertificate, temporaryFolder } from '@longshore/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { RegistryContent, type RegistryContentOptions } from './registry-content.js';
import { digestNamed, NOW } from './testing/objects.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const DIGEST = digestNamed('x');

/** A registry that answers with the statuses in turn, then with the last one. */
async function serve(statuses: number[] = [202], tls?: { key: string; cert: string }) {
  const seen: { line: string; headers: IncomingMessage['headers'] }[] = [];
  const left = [...statuses];
  const handle = ({ method, url, headers }: IncomingMessage, response: ServerResponse) => {
    if (method === 'GET' && url === '/healthz') return response.end();
    if (method === 'GET' && url === '/v2/' && headers.authorization === 'Bearer secret') return response.end('{}');
    if (method === 'GET') return response.writeHead(url === '/v2/' ? 401 : 404).end();
    seen.push({ line: `${method} ${url}`, headers });
    response.writeHead(left.length > 1 ? (left.shift() as number) : (left[0] as number)).end('why');
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  cleanups.push(async () => server.closeAllConnections());
  return { seen, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function connect(host: string, more: Partial<RegistryContentOptions> = {}) {
  const content = await RegistryContent.find({
    addresses: [{ scheme: undefined, host }],
    insecure: false,
    token: () => Promise.resolve('secret'),
    unmodifiedSince: NOW,
    signal: new AbortController().signal,
    wait: () => Promise.resolve(),
    ...more,
  });
  cleanups.push(() => content.close());
  return content;
}

describe('deletion', () => {
  it('takes the routes of distribution and OpenShift, with the token and the time of the plan', async () => {
    const { seen, host } = await serve();
    const content = await connect(host);
    await content.deleteLayerLink('ns/app', DIGEST);
    await content.deleteManifestLink('ns/app', DIGEST);
    await content.deleteBlob(DIGEST);
    expect(seen.map(({ line }) => line)).toEqual([
      `DELETE /v2/ns/app/blobs/${DIGEST}`,
      `DELETE /v2/ns/app/manifests/${DIGEST}`,
      `DELETE /admin/blobs/${DIGEST}`,
    ]);
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'if-unmodified-since': 'Thu, 26 Nov 2026 12:00:00 GMT',
    });
  });

  it.each<[number[], string, number]>([
    [[202], 'deleted', 1],
    [[404], 'absent', 1],
    [[412], 'in use', 1],
    [[503, 429, 202], 'deleted', 3],
  ])('of a link with answers %j: %s', async (statuses, expected, requests) => {
    const { seen, host } = await serve(statuses);
    expect(await (await connect(host)).deleteLayerLink('ns/app', DIGEST)).toBe(expected);
    expect(seen).toHaveLength(requests);
  });

  it.each([
    [204, 'deleted'],
    [202, 'in use'],
    [404, 'absent'],
  ])('of a blob with answer %d: %s', async (status, expected) => {
    const { host } = await serve([status]);
    expect(await (await connect(host)).deleteBlob(DIGEST)).toBe(expected);
  });

  it.each([
    [500, false, 4],
    [405, false, 1],
    [401, true, 1],
    [403, true, 1],
  ])('fails with %d; nothing else would do either: %s', async (status, isFatal, requests) => {
    const { seen, host } = await serve([status]);
    const content = await connect(host);
    await expect(content.deleteBlob(DIGEST)).rejects.toMatchObject({
      code: 'REGISTRY_PRUNE_FAILED',
      isFatal,
      message: `DELETE /admin/blobs/${DIGEST}: the registry answers ${status}: why`,
    });
    expect(seen).toHaveLength(requests);
  });
});

describe('the way to the registry', () => {
  const tls = async () => {
    const dir = temporaryFolder('registry-content');
    const files = await createCertificateAuthority(dir);
    const { certificate, key } = await issueServerCertificate(files, { dir });
    const [authority, cert, privateKey] = await Promise.all(
      [files.certificate, certificate, key].map((file) => readFile(file, 'utf8')),
    );
    return { authority, server: await serve([202], { cert: cert ?? '', key: privateKey ?? '' }) };
  };
  const WAYS = [
    ['unknown authority, private address', {}, 'https'],
    ['the authority of the API server', { clusterAuthority: true }, 'https'],
    ['the authority of the registry', { certificateAuthority: true }, 'https'],
  ] as const;

  it('is http for a private address, when https does not answer', async () => {
    const { host } = await serve();
    expect((await connect(host)).origin).toBe(`http://${host}`);
  });

  it.each([
    ['https was asked for', { scheme: 'https' as const }, {}],
    ['an authority was named', { scheme: undefined }, { certificateAuthority: 'PEM' }],
  ])('is not http when %s', async (_, address, more) => {
    const { host } = await serve();
    await expect(connect(host, { addresses: [{ ...address, host }], ...more })).rejects.toThrow('cannot be reached');
  });

  it.each(WAYS)(
    'is https: %s',
    async (_, { clusterAuthority, certificateAuthority }: Record<string, boolean>, scheme) => {
      const { authority, server } = await tls();
      const content = await connect(server.host, {
        ...(clusterAuthority === true && { clusterAuthority: authority }),
        ...(certificateAuthority === true && { certificateAuthority: authority }),
      });
      expect(content.origin).toBe(`${scheme}://${server.host}`);
    },
  );

  it('does not go by an unknown authority when one was named', async () => {
    const { server } = await tls();
    const other = await createCertificateAuthority(temporaryFolder('registry-content'));
    const certificateAuthority = await readFile(other.certificate, 'utf8');
    await expect(connect(server.host, { certificateAuthority })).rejects.toThrow('cannot be reached');
  });

  it('is the first of several that answers', async () => {
    const { host } = await serve();
    const addresses = ['127.0.0.1:1', host].map((each) => ({ scheme: undefined, host: each }));
    expect((await connect(host, { addresses })).origin).toBe(`http://${host}`);
  });

  it('is of no use with a token that the registry does not know', async () => {
    const { host } = await serve();
    await expect(connect(host, { token: () => Promise.resolve('other') })).rejects.toMatchObject({ isFatal: true });
  });

  it('is unknown without any host', async () => {
    await expect(connect('', { addresses: [] })).rejects.toThrow('no host is known');
  });
});
