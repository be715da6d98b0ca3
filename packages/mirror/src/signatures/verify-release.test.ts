import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { parseDigest, type Digest } from '@longshore/oci';
import { StubRegistry, temporaryFolder } from '@longshore/testkit';
import { createMessage, generateKey, readKey, readPrivateKey, sign, type PrivateKey } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Release } from '../release/read-release.js';
import { Keyring } from './keyring.js';
import { releaseSignatures } from './release-signatures.js';
import { SignatureError } from './signature-error.js';
import { parseSignatureConfigMap, signatureConfigMap, signatureFileName } from './signature-config-map.js';
import { memoryStore, urlStore } from './signature-store.js';
import { DIGEST, KEY, NOW, SIGNATURE } from './testing/golden-signature.js';
import { findVerifierConfig } from './verifier-config.js';
import { verifyRelease, type VerifyOptions } from './verify-release.js';

const digest = parseDigest(DIGEST);
const other = parseDigest(`sha256:${'0'.repeat(64)}`);
const signal = new AbortController().signal;
const golden = () => Keyring.read('golden', Buffer.from(KEY));

describe('the golden signature', () => {
  it('is good', async () => {
    await expect((await golden()).check(SIGNATURE, digest, NOW)).resolves.toMatchObject({ digest });
  });

  it('is of no other digest', async () => {
    await expect((await golden()).check(SIGNATURE, other, NOW)).rejects.toMatchObject({ code: 'OTHER_DIGEST' });
  });

  it('was not good before its key', async () => {
    await expect((await golden()).check(SIGNATURE, digest, new Date('2026-01-01'))).rejects.toMatchObject({
      code: 'BAD',
    });
  });

  /** Framing and notes that a signature does not cover may differ; what is signed may not. */
  it('says nothing else whichever byte is flipped', async () => {
    const keyring = await golden();
    const said = await keyring.check(SIGNATURE, digest, NOW);
    let refused = 0;
    for (let at = 0; at < SIGNATURE.length; at += 1) {
      const changed = Buffer.from(SIGNATURE);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      try {
        expect(await keyring.check(changed, digest, NOW)).toEqual(said);
      } catch (error) {
        expect(error).toBeInstanceOf(SignatureError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(SIGNATURE.length * 0.9);
  });

  it('is read from a binary keyring, too', async () => {
    const binary = (await readKey({ armoredKey: KEY })).write();
    await expect((await Keyring.read('binary', binary)).check(SIGNATURE, digest, NOW)).resolves.toMatchObject({
      digest,
    });
  });
});

describe('a key of our own', () => {
  let privateKey: PrivateKey;
  let keyring: Keyring;
  const payload = (change: object = {}, critical: object = {}) => ({
    critical: {
      type: 'atomic container signature',
      image: { 'docker-manifest-digest': digest },
      identity: { 'docker-reference': `r.test/ocp/release@${digest}` },
      ...critical,
    },
    optional: { creator: 'test', timestamp: 1 },
    ...change,
  });
  const signed = async (value: unknown) => {
    const message = await createMessage({ binary: Buffer.from(JSON.stringify(value)) });
    return (await sign({ message, signingKeys: privateKey, format: 'binary', date: NOW })) as Uint8Array;
  };

  beforeAll(async () => {
    const pair = await generateKey({ type: 'ecc', date: NOW, userIDs: [{ name: 'Test' }] });
    privateKey = await readPrivateKey({ armoredKey: pair.privateKey });
    keyring = await Keyring.read('own', Buffer.from(pair.publicKey));
  });

  it('signs', async () => {
    await expect(keyring.check(await signed(payload()), digest, NOW)).resolves.toMatchObject({ digest });
    await expect(keyring.check(await signed(payload({ optional: undefined })), digest, NOW)).resolves.toMatchObject({
      digest,
    });
  });

  it.each([
    ['an unknown field', payload({ more: 1 }), /unknown field "more"/],
    ['an unknown critical field', payload({}, { more: 1 }), /unknown field "more"/],
    ['another type', payload({}, { type: 'x' }), /no signature of an image/],
    ['no reference', payload({}, { identity: { 'docker-reference': '' } }), /names no image/],
    ['another digest', payload({}, { image: { 'docker-manifest-digest': other } }), /not of sha256:398cae/],
    ['no object', 'text', /is no object/],
  ])('but not %s', async (_, value, message) => {
    await expect(keyring.check(await signed(value), digest, NOW)).rejects.toThrow(message);
  });

  it('and another key does not', async () => {
    const signature = await signed(payload());
    await expect((await golden()).check(signature, digest, NOW)).rejects.toMatchObject({ code: 'BAD' });
  });

  it('is no public key', async () => {
    await expect(Keyring.read('private', Buffer.from(privateKey.armor()))).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(Keyring.read('none', Buffer.from('x'))).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('does not sign bombs', async () => {
    const bomb = deflateRawSync(Buffer.alloc(32 * 1024 * 1024));
    const message = Buffer.concat([Buffer.from([0xa3, 0x01]), bomb]);
    await expect(keyring.check(message, digest, NOW)).rejects.toMatchObject({ name: 'SignatureError' });
  });

  it('must have signed beside the others', async () => {
    const stores = [memoryStore(new Map([[digest, [SIGNATURE, await signed(payload())]]]))];
    const keyrings = [await golden(), keyring];
    const options: VerifyOptions = { keyrings, stores, now: NOW, signal };
    expect(await verifyRelease(digest, options)).toHaveLength(2);
    const one = [memoryStore(new Map([[digest, [SIGNATURE]]]))];
    await expect(verifyRelease(digest, { ...options, stores: one })).rejects.toThrow(
      /not verified by own: no key of own/,
    );
  });
});

describe('stores', () => {
  let server: StubRegistry;
  const pages = new Map<string, Buffer | number>();

  beforeAll(async () => {
    server = await StubRegistry.start();
    server.intercept = ({ path }, response) => {
      const page = pages.get(path) ?? 404;
      if (typeof page === 'number') response.writeHead(page).end();
      else response.end(page);
      return true;
    };
  });
  afterAll(() => server.close());

  const path = (number: number) => `/store/sha256=${DIGEST.slice(7)}/signature-${number}`;
  const verified = async (base: string) =>
    verifyRelease(digest, { keyrings: [await golden()], stores: [urlStore(base)], now: NOW, signal });

  it.each<[string, (Buffer | number)[], string]>([
    ['the first', [SIGNATURE], 'good'],
    ['the second after one of no use', [Buffer.from('x'), SIGNATURE], 'good'],
    ['the third after an empty and a broken one', [Buffer.alloc(0), 500, SIGNATURE], 'good'],
    ['none behind a gap', [404, SIGNATURE], 'UNAVAILABLE'],
    ['none', [], 'UNAVAILABLE'],
    ['none that is too large', [Buffer.alloc(60_000)], 'UNAVAILABLE'],
    ['none that is bad', [Buffer.from('x')], 'INVALID'],
  ])('give %s', async (_, answers, expected) => {
    pages.clear();
    answers.forEach((answer, index) => pages.set(path(index + 1), answer));
    const outcome = await verified(`${server.url}/store/`).then(
      (signatures) => (Buffer.from(signatures[0] ?? []).equals(SIGNATURE) ? 'good' : 'other'),
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(expected);
  });

  it('may be a folder', async () => {
    const dir = temporaryFolder('signatures');
    await mkdir(join(dir, `sha256=${DIGEST.slice(7)}`));
    await writeFile(join(dir, `sha256=${DIGEST.slice(7)}`, 'signature-1'), SIGNATURE);
    expect(await verified(pathToFileURL(dir).href)).toHaveLength(1);
  });

  it('and keys are needed', async () => {
    const keyrings = [await golden()];
    await expect(verifyRelease(digest, { keyrings, stores: [], now: NOW, signal })).rejects.toMatchObject({
      code: 'CONFIG',
    });
    await expect(verifyRelease(digest, { keyrings: [], stores: [], now: NOW, signal })).rejects.toMatchObject({
      code: 'CONFIG',
    });
  });
});

describe('the ConfigMap of signatures', () => {
  it('is one line', () => {
    expect(signatureConfigMap(digest, [SIGNATURE])).toBe(
      `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"sha256-${DIGEST.slice(7)}","namespace":"openshift-config-managed",` +
        '"labels":{"release.openshift.io/verification-signatures":""}},"binaryData":' +
        `{"sha256-${DIGEST.slice(7)}-1":"${SIGNATURE.toString('base64')}"}}\n`,
    );
    expect(signatureFileName(digest)).toBe('signature-sha256-398cae49a9535649.json');
    expect(signatureFileName(digest, 'yaml')).toBe('signature-sha256-398cae49a9535649.yaml');
  });

  it.each(['json', 'yaml'] as const)('is read back from %s', (format) => {
    const text = Buffer.from(signatureConfigMap(digest, [SIGNATURE, Buffer.from('x')], format));
    expect(text.toString().startsWith('{')).toBe(format === 'json');
    expect(parseSignatureConfigMap(text, 'f')).toEqual(
      new Map<Digest, Buffer[]>([[digest, [SIGNATURE, Buffer.from('x')]]]),
    );
    expect(() => parseSignatureConfigMap(Buffer.from('{"kind":"ConfigMap"}'), 'f')).toThrow(
      /no ConfigMap with the label/,
    );
    expect(() => parseSignatureConfigMap(Buffer.from('{'), 'f')).toThrow(/^f: is neither JSON nor YAML: /);
    expect(() => parseSignatureConfigMap(Buffer.from('a: &a [x]\nb: *a\n'), 'f')).toThrow(/^f: .*alias/i);
  });
});

describe('what a release says of its verification', () => {
  const manifest = (data: string) =>
    Buffer.from(
      `kind: Namespace\n---\nkind: ConfigMap\nmetadata:\n  annotations:\n    release.openshift.io/verification-config-map: ""\ndata:\n${data}`,
    );
  const find = (data: string) =>
    findVerifierConfig(
      new Map([
        ['a.yaml', Buffer.from('x: y')],
        ['b.yaml', manifest(data)],
      ]),
    );

  it('is found', () => {
    expect(find('  verifier-public-key-a: KEY\n  store-a: https://s.test/x\n  other: x\n')).toEqual({
      keys: new Map([['verifier-public-key-a', Buffer.from('KEY')]]),
      stores: ['https://s.test/x'],
      warnings: ['b.yaml: the key other is not known'],
    });
    expect(findVerifierConfig(new Map([['a.yaml', Buffer.from('kind: ConfigMap')]]))).toBeUndefined();
  });

  it.each([
    ['  store-a: https://s.test/x\n', /no public key/],
    ['  verifier-public-key-a: KEY\n', /no store/],
    ['  verifier-public-key-a: KEY\n  store-a: ftp://s.test/x\n', /no URL of http/],
  ])('must be of use: %j', (data, message) => {
    expect(() => find(data)).toThrow(message);
  });
});

it('warns of what it does not know, once it is asked who signs a release', async () => {
  const text = `kind: ConfigMap\nmetadata: {annotations: {release.openshift.io/verification-config-map: ""}}\ndata: ${JSON.stringify(
    {
      'verifier-public-key-a': KEY,
      'store-a': 'https://s.test',
      other: '',
    },
  )}\n`;
  const release = { image: { digest }, files: new Map([['b.yaml', Buffer.from(text)]]) } as unknown as Release;
  const notes: string[] = [];
  const found = await releaseSignatures(release, {
    keys: new Map(),
    storeUrls: [],
    stores: [memoryStore(new Map([[digest, [SIGNATURE]]]))],
    now: NOW,
    onNote: (note) => notes.push(note),
    signal,
  });
  expect(found).toEqual([SIGNATURE]);
  expect(notes).toEqual(['warning: b.yaml: the key other is not known']);
});
