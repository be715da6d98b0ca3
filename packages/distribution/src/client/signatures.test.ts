import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digestOf } from '@longshore/oci';
import { StubRegistry, temporaryFolder } from '@longshore/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicAddressesOnly } from '../http/address-policy.js';
import type { RegistryClientOptions } from './options.js';
import { RegistryClient } from './registry-client.js';

const digest = digestOf(Buffer.from('image'));
const signal = new AbortController().signal;
const texts = (signatures: Uint8Array[]) => signatures.map((bytes) => Buffer.from(bytes).toString());

let stub: StubRegistry;
let client: RegistryClient;
const pages = new Map<string, string | Buffer | number>();

const start = async (options: RegistryClientOptions = {}, tokens = {}) => {
  stub = await StubRegistry.start(tokens);
  stub.intercept = ({ path, headers }, response) => {
    response.setHeader('x-registry-supports-signatures', pages.has('no extension') ? '0' : '1');
    if (path.startsWith('/extensions') && 'tokens' in tokens && headers.authorization === undefined) {
      response.writeHead(401).end();
      return true;
    }
    const page = pages.get(path);
    if (page === undefined) return false;
    if (typeof page === 'number') response.writeHead(page).end();
    else response.end(page);
    return true;
  };
  const clock = { now: () => 0, random: () => 0, sleep: async () => {} };
  client = new RegistryClient({ insecure: () => true, clock, ...options });
};

beforeEach(() => pages.clear());
afterEach(async () => {
  await client.close();
  await stub.close();
});

describe('signatures of the extension', () => {
  const path = `/extensions/v2/team/app/signatures/${digest}`;
  const read = (most = 10) => client.signatures({ host: stub.host, name: 'team/app' }, digest, { most, signal });
  const signature = (text: string, more: object = {}) => ({
    schemaVersion: 2,
    name: `${digest}@${text}`,
    type: 'atomic',
    content: Buffer.from(text).toString('base64'),
    ...more,
  });

  it('are read, as many as wanted', async () => {
    await start();
    pages.set(path, JSON.stringify({ signatures: ['one', 'two', 'three'].map((text) => signature(text)) }));
    expect(texts(await read())).toEqual(['one', 'two', 'three']);
    expect(texts(await read(2))).toEqual(['one', 'two']);
  });

  it('are not asked for where there is no extension', async () => {
    await start();
    pages.set('no extension', '');
    pages.set(path, JSON.stringify({ signatures: [signature('one')] }));
    expect(await read()).toEqual([]);
    expect(stub.requests.map((request) => request.path)).toEqual(['/v2/']);
  });

  it('are left out when they are not understood', async () => {
    await start();
    const odd = [{ type: 'sigstore' }, { schemaVersion: 1 }, { content: '<>' }, { content: 1 }, { content: '' }];
    const large = signature('x'.repeat(60_000));
    const signatures = [null, 'text', large, ...odd.map((more) => signature('odd', more)), signature('good')];
    pages.set(path, JSON.stringify({ signatures }));
    expect(texts(await read())).toEqual(['good']);
  });

  it('are none of an image that the registry does not know', async () => {
    await start();
    pages.set(path, 404);
    expect(await read()).toEqual([]);
  });

  it.each([
    ['text', 'hello', 'INVALID'],
    ['null', 'null', 'INVALID'],
    ['no list', '{"signatures":{}}', 'INVALID'],
    ['too much', 'x'.repeat(2 * 1024 * 1024), 'TOO_LARGE'],
    ['a failure', 500, 'UNAVAILABLE'],
    ['a refusal', 403, 'DENIED'],
  ])('fail with %s', async (_, page, code) => {
    await start();
    pages.set(path, page);
    await expect(read()).rejects.toMatchObject({ name: 'RemoteError', code });
  });

  it('are asked for with a token to pull', async () => {
    await start({}, { tokens: {} });
    pages.set(path, JSON.stringify({ signatures: [signature('one')] }));
    expect(texts(await read())).toEqual(['one']);
    expect(stub.requests.find((request) => request.path.startsWith('/token'))?.path).toContain('team%2Fapp%3Apull');
  });
});

describe('signatures of a store', () => {
  const repository = { host: 'quay.io', name: 'team/app' };
  const path = (number: number) => `/store/team/app@${digest.replace(':', '=')}/signature-${number}`;
  const read = async (most = 10, base = `${stub.url}/store/`) => {
    const found: Uint8Array[] = [];
    for await (const bytes of client.storedSignatures(base, repository, digest, { most, signal })) found.push(bytes);
    return found;
  };

  it('are read until one is missing, as many as wanted', async () => {
    await start();
    for (const number of [1, 2, 3, 5]) pages.set(path(number), `signature ${number}`);
    pages.set(path(4), 404);
    expect(texts(await read())).toEqual(['signature 1', 'signature 2', 'signature 3']);
    expect(texts(await read(1))).toEqual(['signature 1']);
    expect(stub.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it.each([
    ['too much', Buffer.alloc(60_000), 'TOO_LARGE'],
    ['a failure', 500, 'UNAVAILABLE'],
    ['a refusal', 403, 'INVALID'],
  ])('fail with %s', async (_, page, code) => {
    await start();
    pages.set(path(1), page);
    pages.set(path(2), 404);
    await expect(read()).rejects.toMatchObject({ name: 'RemoteError', code });
  });

  it('are not read at an address that is closed', async () => {
    await start({ addresses: publicAddressesOnly() });
    await expect(read()).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    expect(stub.requests).toEqual([]);
  });

  it('may be files', async () => {
    await start();
    const folder = temporaryFolder('lookaside');
    const own = join(folder, 'team', `app@${digest.replace(':', '=')}`);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'signature-1'), 'in a file');
    expect(texts(await read(10, pathToFileURL(folder).href))).toEqual(['in a file']);
  });
});
