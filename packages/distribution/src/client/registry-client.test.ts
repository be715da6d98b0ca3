import { buffer } from 'node:stream/consumers';
import type { Digest } from '@longshore/oci';
import { createImage, createIndex, StubRegistry, type Intercept, type StubRegistryOptions } from '@longshore/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { Credential } from '../credentials/credential.js';
import { RemoteError } from '../remote-error.js';
import type { RegistryClientOptions } from './options.js';
import { RegistryClient } from './registry-client.js';

const image = createImage({ seed: 'client', layers: 2, size: 300_000 });
const [config, layer] = image.blobs;
const { signal } = new AbortController();
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function startStub(options: StubRegistryOptions = {}): Promise<StubRegistry> {
  const stub = await StubRegistry.start(options);
  endings.push(() => stub.close());
  stub.publish('team/app', image, '1.0');
  return stub;
}

/** Waits are remembered instead of waited. */
function clientOf(options: RegistryClientOptions = {}) {
  const waits: number[] = [];
  let now = 1_000_000;
  const clock = {
    now: () => now,
    random: () => 1,
    sleep: async (milliseconds: number) => void waits.push(milliseconds),
  };
  const client = new RegistryClient({ insecure: () => true, clock, ...options });
  endings.push(() => client.close());
  return { client, waits, pass: (milliseconds: number) => (now += milliseconds) };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(RemoteError);
      return error as RemoteError;
    },
  );

/** Answers some of the requests that match with a status. */
function answering(status: number, when: (path: string, nth: number) => boolean, headers = {}): Intercept {
  let nth = 0;
  return ({ path }, response) => {
    if (!path.startsWith('/v2/team')) return false;
    nth += 1;
    if (!when(path, nth)) return false;
    response.writeHead(status, headers).end();
    return true;
  };
}

describe('a manifest', () => {
  it('comes by tag and by digest, with its media type', async () => {
    const stub = await startStub();
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const { digest, mediaType } = image.descriptor;
    const byTag = await repository.manifest('1.0', { signal });
    expect(byTag).toEqual({ bytes: image.bytes, mediaType, digest, etag: `"${digest}"` });
    expect(await repository.manifest(digest, { signal })).toEqual(byTag);
    expect(await repository.statManifest('1.0', { signal })).toEqual({
      digest,
      mediaType,
      size: image.bytes.byteLength,
    });
  });

  it('is not sent again when it is still the same', async () => {
    const stub = await startStub();
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const { etag = '' } = await repository.manifest('1.0', { signal });
    expect(await repository.manifest('1.0', { signal, etag })).toBe('not-modified');
    const index = createIndex([image]);
    stub.publish('team/app', index, '1.0');
    expect(await repository.manifest('1.0', { signal, etag })).toMatchObject({ digest: index.descriptor.digest });
  });

  it.each([
    ['other content than the digest', { body: '{"schemaVersion":2}' }, 'DIGEST_MISMATCH'],
    ['more than the bound', { body: 'x'.repeat(5000) }, 'TOO_LARGE'],
    ['no manifest', { body: '<html>', type: 'text/html' }, 'INVALID'],
    ['schema 1', { body: '{"schemaVersion":1}', type: 'application/json' }, 'INVALID'],
  ])(
    'with %s is refused',
    async (_, { body, type = image.descriptor.mediaType }: { body: string; type?: string }, code) => {
      const stub = await startStub();
      stub.intercept = ({ path }, response) => {
        if (!path.includes('/manifests/')) return false;
        response.writeHead(200, { 'content-type': type }).end(body);
        return true;
      };
      const { client } = clientOf();
      const repository = client.repository({ host: stub.host, name: 'team/app' });
      const error = await failure(repository.manifest(image.descriptor.digest, { signal, maxBytes: 1000 }));
      expect(error.code).toBe(code);
      expect(error.message).toContain(`${stub.host}/team/app@${image.descriptor.digest}`);
    },
  );

  it('of other bytes is given to who compares them himself', async () => {
    const stub = await startStub();
    const { digest, mediaType } = image.descriptor;
    const bytes = Buffer.from('{"schemaVersion":2}');
    stub.intercept = ({ path }, response) => {
      if (!path.includes('/manifests/')) return false;
      response.writeHead(200, { 'content-type': mediaType, 'docker-content-digest': digest }).end(bytes);
      return true;
    };
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    for (const reference of [digest, '1.0']) {
      expect(await repository.manifest(reference, { signal, verify: false })).toEqual({ bytes, digest, mediaType });
    }
  });

  it('is asked for by a tag or a digest only', async () => {
    const { client } = clientOf();
    const repository = client.repository({ host: 'registry.invalid', name: 'team/app' });
    for (const reference of ['', '../x', 'a b', 'sha256:abc', 'x?y']) {
      expect((await failure(repository.manifest(reference, { signal }))).code).toBe('INVALID');
    }
  });
});

describe('a blob', () => {
  it('streams, from any offset', async () => {
    const stub = await startStub();
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const digest = layer!.descriptor.digest as Digest;
    const { size, body } = await repository.blob(digest, { signal });
    expect(size).toBe(layer!.bytes.byteLength);
    expect((await buffer(body)).equals(layer!.bytes)).toBe(true);
    const rest = await repository.blob(digest, { signal, start: 1000 });
    expect(rest.size).toBe(size);
    expect((await buffer(rest.body)).equals(layer!.bytes.subarray(1000))).toBe(true);
    expect(await repository.statBlob(digest, { signal })).toEqual({ size });
  });

  it('of other bytes fails instead of ending', async () => {
    const stub = await startStub();
    const digest = layer!.descriptor.digest as Digest;
    const wrong = Buffer.from(layer!.bytes);
    wrong[5000]! ^= 1;
    stub.intercept = ({ path }, response) => {
      if (!path.includes('/blobs/')) return false;
      response.writeHead(200, { 'content-length': wrong.byteLength }).end(wrong);
      return true;
    };
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const { body } = await repository.blob(digest, { signal });
    expect((await failure(buffer(body))).code).toBe('DIGEST_MISMATCH');
    const unverified = await repository.blob(digest, { signal, verify: false });
    expect((await buffer(unverified.body)).equals(wrong)).toBe(true);
  });

  it('without a length is asked for its size', async () => {
    const stub = await startStub();
    const digest = config!.descriptor.digest as Digest;
    stub.intercept = ({ path, method }, response) => {
      if (!path.includes('/blobs/') || method !== 'GET') return false;
      response.writeHead(200);
      response.write(config!.bytes.subarray(0, 10));
      response.end(config!.bytes.subarray(10));
      return true;
    };
    const { client } = clientOf();
    const { size, body } = await client.repository({ host: stub.host, name: 'team/app' }).blob(digest, { signal });
    expect(size).toBe(config!.bytes.byteLength);
    expect((await buffer(body)).equals(config!.bytes)).toBe(true);
  });

  it('leaves the connection to others when it is destroyed', async () => {
    const stub = await startStub();
    const { client } = clientOf({ connections: 1 });
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const { body } = await repository.blob(layer!.descriptor.digest as Digest, { signal });
    body.destroy();
    expect(await repository.statManifest('1.0', { signal })).toMatchObject({ digest: image.descriptor.digest });
  });

  it('fails with the reason of its signal', async () => {
    const stub = await startStub();
    const { client } = clientOf();
    const leaving = new AbortController();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const { body } = await repository.blob(layer!.descriptor.digest as Digest, { signal: leaving.signal });
    const reason = new Error('left');
    leaving.abort(reason);
    await expect(buffer(body)).rejects.toBe(reason);
  });
});

describe('tags', () => {
  it('come from all pages', async () => {
    const stub = await startStub();
    const expected = ['1.0'];
    for (let n = 1000; n < 3100; n += 1) {
      stub.publish('team/app', image, `t${n}`);
      expected.push(`t${n}`);
    }
    const { client } = clientOf();
    const tags: string[] = [];
    for await (const tag of client.repository({ host: stub.host, name: 'team/app' }).tags({ signal })) tags.push(tag);
    expect(tags).toEqual(expected);
    expect(stub.asked('GET')).toHaveLength(3);
  });
});

describe('a repository name', () => {
  it.each([
    ['docker.io', 'app', { host: 'docker.io', name: 'library/app' }],
    ['index.docker.io', 'team/app', { host: 'docker.io', name: 'team/app' }],
    ['Quay.io', 'app', { host: 'quay.io', name: 'app' }],
  ])('%s %s is %j', (host, name, expected) => {
    expect(clientOf().client.repository({ host, name }).name).toEqual(expected);
  });

  it.each([
    ['quay.io', '../x'],
    ['quay.io', ''],
    ['quay.io/evil', 'app'],
    ['user@quay.io', 'app'],
    ['quay.io', 'app?x'],
  ])('%j %j is refused', (host, name) => {
    expect(() => clientOf().client.repository({ host, name })).toThrowError(
      expect.objectContaining({ code: 'INVALID' }),
    );
  });
});

describe('failures', () => {
  it.each([
    [404, 'NOT_FOUND', 1],
    [400, 'INVALID', 1],
    [405, 'INVALID', 1],
    [429, 'TOO_MANY_REQUESTS', 4],
    [500, 'UNAVAILABLE', 4],
    [503, 'UNAVAILABLE', 4],
    [501, 'UNAVAILABLE', 1],
    [508, 'LOOP', 1],
  ])('status %i is %s after %i attempts', async (status, code, attempts) => {
    const stub = await startStub({ intercept: answering(status, () => true) });
    const { client, waits } = clientOf();
    const error = await failure(client.repository({ host: stub.host, name: 'team/app' }).manifest('1.0', { signal }));
    expect(error).toMatchObject({ code, status, hadCredentials: false });
    expect(stub.asked('GET')).toHaveLength(attempts);
    expect(waits).toEqual([250, 500, 1000].slice(0, attempts - 1));
  });

  it('that pass are not noticed', async () => {
    const stub = await startStub({ intercept: answering(503, (_, nth) => nth % 3 === 0) });
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    for (let n = 0; n < 20; n += 1) {
      expect(await repository.manifest('1.0', { signal })).toMatchObject({ digest: image.descriptor.digest });
    }
    expect(stub.asked('GET').length).toBeGreaterThan(25);
  });

  it('are waited out as long as the registry asks', async () => {
    const stub = await startStub({ intercept: answering(429, (_, nth) => nth === 1, { 'retry-after': '7' }) });
    const { client, waits } = clientOf();
    await client.repository({ host: stub.host, name: 'team/app' }).manifest('1.0', { signal });
    expect(waits).toEqual([7250]);
  });

  it('for longer are told at once', async () => {
    const stub = await startStub({ intercept: answering(429, () => true, { 'retry-after': '3600' }) });
    const { client, waits } = clientOf();
    const error = await failure(client.repository({ host: stub.host, name: 'team/app' }).manifest('1.0', { signal }));
    expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 3600 });
    expect(waits).toEqual([]);
  });

  it('say what the registry says, without what it should not', async () => {
    const stub = await startStub();
    stub.intercept = ({ path }, response) => {
      if (!path.startsWith('/v2/team')) return false;
      const message = 'no\nsuch https://s3.example.com/x?X-Amz-Signature=abc Bearer eyJhb';
      response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message }] }));
      return true;
    };
    const { client } = clientOf();
    const error = await failure(client.repository({ host: stub.host, name: 'team/app' }).manifest('1.0', { signal }));
    expect(error.message).toBe(
      `${stub.host}/team/app:1.0: ${stub.host} does not have it (404 MANIFEST_UNKNOWN: no such https://s3.example.com/x?… Bearer …)`,
    );
  });
});

describe('ping', () => {
  it.each([
    [200, {}, '{}', undefined],
    [401, { 'www-authenticate': 'Basic realm="x"' }, '', undefined],
    [404, { 'docker-distribution-api-version': 'registry/2.0' }, '', undefined],
    [404, {}, 'not found', 'NOT_A_REGISTRY'],
    [200, { 'content-type': 'text/html' }, '<html>', 'NOT_A_REGISTRY'],
    [502, {}, '', 'UNAVAILABLE'],
  ])('%i %j %j', async (status, headers, body, code) => {
    const stub = await startStub({
      intercept: (_, response) => {
        response.writeHead(status, headers).end(body);
        return true;
      },
    });
    const answer = clientOf().client.ping(stub.host, { signal });
    if (code === undefined) await answer;
    else expect((await failure(answer)).code).toBe(code);
  });
});

describe('credentials', () => {
  const ann = { name: 'ann', password: 'secret-of-ann', repositories: ['team/app'] };
  const bob = { name: 'bob', password: 'secret-of-bob', repositories: ['other/app'] };
  const of = ({ name, password }: { name: string; password: string }): Credential => ({ username: name, password });
  const pull = (stub: StubRegistry, credentials: readonly Credential[]) =>
    clientOf({ credentials: () => credentials })
      .client.repository({ host: stub.host, name: 'team/app' })
      .manifest('1.0', { signal });

  it.each([
    ['one that fits', [of(ann)]],
    ['the second', [of(bob), of(ann)]],
    ['one behind a wrong one', [{ username: 'ann', password: 'wrong' }, of(ann)]],
    ['an identity token', [{ identityToken: 'refresh-me' }]],
  ])('%s gives access', async (_, credentials) => {
    const stub = await startStub({ tokens: { users: [ann, bob], identityTokens: ['refresh-me'] } });
    expect(await pull(stub, credentials)).toMatchObject({ digest: image.descriptor.digest });
  });

  it('of nobody come last', async () => {
    const stub = await startStub({ tokens: {} });
    stub.intercept = ({ path, headers }, response) => {
      if (!path.startsWith('/token') || headers.authorization === undefined) return false;
      response.writeHead(401).end();
      return true;
    };
    expect(await pull(stub, [of(ann)])).toMatchObject({ digest: image.descriptor.digest });
  });

  it.each([
    ['none', [], 'UNAUTHORIZED', false],
    ['wrong ones', [{ username: 'ann', password: 'hush' }], 'WRONG_CREDENTIALS', true],
    ['known ones without access', [of(bob)], 'UNAUTHORIZED', true],
    ['wrong and known ones', [{ username: 'ann', password: 'hush' }, of(bob)], 'UNAUTHORIZED', true],
    ['an unknown identity token', [{ identityToken: 'hush' }], 'WRONG_CREDENTIALS', true],
  ])('%s: %j is %s', async (_, credentials: Credential[], code, hadCredentials) => {
    const stub = await startStub({ tokens: { users: [ann, bob] } });
    const error = await failure(pull(stub, credentials));
    expect(error).toMatchObject({ code, hadCredentials });
    expect(error.message).toContain(`${stub.host}/team/app:1.0`);
    expect(JSON.stringify([error.message, String(error.cause), error])).not.toMatch(/hush|secret-of|Basic|Bearer [^r]/);
  });

  it('with a denied right', async () => {
    const stub = await startStub({ tokens: {}, intercept: answering(403, () => true) });
    expect(await failure(pull(stub, [of(ann)]))).toMatchObject({ code: 'DENIED', status: 403, hadCredentials: true });
  });

  it('that worked are tried first the next time', async () => {
    const stub = await startStub({ tokens: { users: [ann, bob] } });
    const { client } = clientOf({ credentials: () => [of(bob), of(ann)] });
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    await repository.manifest('1.0', { signal });
    const before = stub.requests.length;
    await repository.manifest('1.0', { signal });
    expect(stub.requests.length - before).toBe(1);
  });

  it('go with the repository where it has its own', async () => {
    const stub = await startStub({ tokens: { users: [ann, bob] } });
    const { client } = clientOf({ credentials: () => [of(bob)] });
    const repository = client.repository({ host: stub.host, name: 'team/app' }, { credentials: [of(ann)] });
    expect(await repository.manifest('1.0', { signal })).toMatchObject({ digest: image.descriptor.digest });
  });
});

describe('tokens', () => {
  it('are asked for once by many, and renewed when they end', async () => {
    const stub = await startStub({ tokens: { lifetime: 100 } });
    const { client, pass } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    const asked = () => stub.requests.filter(({ path }) => path.startsWith('/token')).length;
    const pullMany = () => Promise.all(Array.from({ length: 20 }, () => repository.manifest('1.0', { signal })));
    await pullMany();
    expect(asked()).toBe(1);
    pass(89_000);
    await pullMany();
    expect(asked()).toBe(1);
    pass(2_000);
    await pullMany();
    expect(asked()).toBe(2);
    const [first] = stub.requests.filter(({ path }) => path.startsWith('/token'));
    expect(first?.path).toBe('/token?service=stub&scope=repository%3Ateam%2Fapp%3Apull');
  });

  it('that are not taken any more are replaced', async () => {
    const stub = await startStub({ tokens: {} });
    const { client } = clientOf();
    const repository = client.repository({ host: stub.host, name: 'team/app' });
    await repository.manifest('1.0', { signal });
    stub.revokeTokens();
    expect(await repository.manifest('1.0', { signal })).toMatchObject({ digest: image.descriptor.digest });
  });
});
