import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority, issueServerCertificate } from './certificates.js';
import { errorCodesOf, readAuthority, request, RequestError } from './http.js';
import { createServer as createTlsServer } from 'node:https';
import { readFile } from 'node:fs/promises';
import { temporaryFolder } from './temporary-folder.js';

async function portOf(server: { listen: Server['listen']; address: Server['address'] }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('request', () => {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/cut') {
      outgoing.writeHead(200, { 'content-length': '10' });
      outgoing.write('12345', () => outgoing.destroy());
    } else {
      outgoing.writeHead(307, { location: 'http://elsewhere.invalid/' });
      outgoing.end(JSON.stringify({ errors: [{ code: incoming.url }, { code: incoming.headers.authorization }] }));
    }
  });
  let url = '';
  beforeAll(async () => {
    url = `http://127.0.0.1:${await portOf(server)}`;
  });
  afterAll(() => server.close());

  it.each(['/v2/../a//b', '/v2/%zz?a=%', '/'])('sends %s unchanged and returns redirects', async (path) => {
    const response = await request(`${url}${path}`, { user: { name: 'a', password: 'b' } });
    expect(response.status).toBe(307);
    expect(errorCodesOf(response)).toEqual([path, 'Basic YTpi']);
  });

  it('tells what came of a body that was cut off', async () => {
    const error = await request(`${url}/cut`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RequestError);
    expect((error as RequestError).received.toString()).toBe('12345');
  });

  it('trusts the given authority and no other', async () => {
    const dir = temporaryFolder('http-test');
    const ca = await createCertificateAuthority(dir);
    const files = await issueServerCertificate(ca, { dir });
    const [cert, key] = await Promise.all([readFile(files.certificate), readFile(files.key)]);
    const tlsServer = createTlsServer({ cert, key }, (_, outgoing) => outgoing.end('hello'));
    const port = await portOf(tlsServer);
    try {
      const trusted = { ca: await readAuthority(ca.certificate) };
      for (const host of ['127.0.0.1', 'localhost']) {
        expect((await request(`https://${host}:${port}/`, trusted)).body.toString()).toBe('hello');
      }
      await expect(request(`https://127.0.0.1:${port}/`)).rejects.toThrow(/certificate/);
    } finally {
      tlsServer.close();
    }
  });
});
