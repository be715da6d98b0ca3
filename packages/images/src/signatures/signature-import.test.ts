import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_ANNOTATIONS, systemClock, type Image } from '@longshore/kube';
import { digestOf, type Digest } from '@longshore/oci';
import { StubRegistry, temporaryFolder } from '@longshore/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE, pullSecret, startImportServer, type ImportServer } from '../import/testing/import-server.js';
import { eventually } from '../testing/workload-server.js';
import { SignatureCounters } from './signature-counters.js';
import { runSignatureImport, type SignatureImportOptions } from './signature-import.js';
import { SignatureSources, type SignatureSourcesOptions } from './signature-sources.js';

const IMAGES = { group: 'image.openshift.io', version: 'v1', resource: 'images' };
const LOOPBACK = { allowAddresses: ['127.0.0.0/8'] };
const message = (text: string) => Buffer.concat([Buffer.of(0xa3), Buffer.from(text)]);

let test: ImportServer;
let stub: StubRegistry;
let folder: string;
let counters: SignatureCounters;
let errors: unknown[];
let ending: AbortController;
let running: Promise<void>;
const pages = new Map<string, Buffer | string | number>();

beforeEach(async () => {
  pages.clear();
  counters = new SignatureCounters();
  errors = [];
  ending = new AbortController();
  folder = temporaryFolder('registries-d');
  test = await startImportServer();
  stub = await StubRegistry.start();
  stub.intercept = ({ path }, response) => {
    response.setHeader('x-registry-supports-signatures', '1');
    const page = pages.get(path);
    if (page === undefined) return false;
    if (typeof page === 'number') response.writeHead(page).end();
    else response.end(page);
    return true;
  };
  // The stub speaks http.
  const spec = { registrySources: { insecureRegistries: [stub.host] } };
  await test.put('images.config.openshift.io', { spec });
});
afterEach(async () => {
  ending.abort(new Error('the test is over'));
  await running;
  await stub.close();
  await test.close();
});

function begin(where: Partial<SignatureSourcesOptions> = {}, more: Partial<SignatureImportOptions> = {}) {
  const nodePullSecret = { namespace: NAMESPACE, name: 'pull-secret' };
  const sources = new SignatureSources({
    cluster: test.api.objects,
    nodePullSecret,
    folder,
    clock: systemClock,
    ...LOOPBACK,
    ...where,
  });
  const onError = (error: unknown) => void errors.push(error);
  const parts = { client: test.root, sources, counters, ownHosts: () => [], onError, clock: systemClock };
  running = runSignatureImport({ ...parts, ...more }, ending.signal).finally(() => sources.close());
}

const storeUrl = () => `${stub.url}/store`;
const useStore = (scope = stub.host) =>
  writeFile(join(folder, 'stores.yaml'), JSON.stringify({ docker: { [scope]: { lookaside: storeUrl() } } }));
const inStore = (digest: Digest, number: number) => `/store/team/app@${digest.replace(':', '=')}/signature-${number}`;
const inRegistryPath = (digest: Digest) => `/extensions/v2/team/app/signatures/${digest}`;
const inRegistry = (digest: Digest, ...texts: string[]) => {
  const signatures = texts.map((text) => ({
    schemaVersion: 2,
    name: `${digest}@${text}`,
    type: 'atomic',
    content: message(text).toString('base64'),
  }));
  pages.set(inRegistryPath(digest), JSON.stringify({ signatures }));
};
const createImage = async (text: string, { host = stub.host, annotations = {} } = {}): Promise<Digest> => {
  const name = digestOf(Buffer.from(text));
  await test.root.create<Image>(IMAGES, {
    apiVersion: 'image.openshift.io/v1',
    kind: 'Image',
    metadata: { name, annotations },
    dockerImageReference: `${host}/team/app@${name}`,
  });
  return name;
};
const textsOf = async (name: string) => {
  const { signatures = [] } = await test.root.get<Image>(IMAGES, name);
  return signatures.map(({ content }) => Buffer.from(content, 'base64').subarray(1).toString());
};
const signed = (name: string, count: number) =>
  eventually(
    () => textsOf(name),
    (texts) => texts.length >= count,
  );
const failed = () =>
  eventually(
    async () => counters.failed(),
    (counts) => counts.length > 0,
  );

describe('the import of signatures', () => {
  it('asks the store and the registry of images that are there, and of new ones', async () => {
    await useStore();
    const old = await createImage('old');
    pages.set(inStore(old, 1), message('stored'));
    pages.set(inStore(old, 2), message('stored, too'));
    inRegistry(old, 'stored', 'told');
    begin();
    expect(await signed(old, 3)).toEqual(['stored', 'stored, too', 'told']);
    const young = digestOf(Buffer.from('young'));
    inRegistry(young, 'told');
    await createImage('young');
    expect(await signed(young, 1)).toEqual(['told']);
    await eventually(
      async () => counters.imported(),
      ([count]) => count?.value === 4,
    );
    expect(counters.imported()).toEqual([{ labels: { registry: stub.host }, value: 4 }]);
    expect(counters.failed()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('asks again and again, and keeps no more than ten', async () => {
    const image = await createImage('image');
    inRegistry(image, 'first');
    begin({}, { intervalMs: 50 });
    expect(await signed(image, 1)).toEqual(['first']);
    inRegistry(image, ...Array.from({ length: 12 }, (_, index) => `later ${index}`));
    expect(await signed(image, 10)).toHaveLength(10);
    const asked = stub.requests.length;
    await createImage('other');
    await eventually(
      async () => stub.requests.length,
      (count) => count > asked,
    );
    expect(await textsOf(image)).toHaveLength(10);
  });

  it('leaves images alone that are its own', async () => {
    const pushed = await createImage('pushed', { annotations: { [IMAGE_ANNOTATIONS.managed]: 'true' } });
    const own = await createImage('own', { host: 'own.test:5000' });
    const other = await createImage('zzz');
    for (const digest of [pushed, own, other]) inRegistry(digest, 'told');
    begin({}, { ownHosts: () => ['own.test:5000'] });
    await signed(other, 1);
    expect(await Promise.all([pushed, own].map(textsOf))).toEqual([[], []]);
    expect(stub.requests.some(({ path }) => path.includes(pushed))).toBe(false);
  });

  it('sends the pull secret of the cluster to the registry, and nothing to stores', async () => {
    await useStore();
    const secret = pullSecret('pull-secret', { [stub.host]: ['ann', 'secret'] });
    await test.put('secrets', secret);
    const intercept = stub.intercept;
    stub.intercept = (seen, response, count) => {
      const isOpen = seen.path.startsWith('/store') || seen.headers.authorization !== undefined;
      if (isOpen) return intercept?.(seen, response, count) ?? false;
      response.setHeader('x-registry-supports-signatures', '1');
      response.writeHead(401, { 'www-authenticate': 'Basic realm=x' }).end();
      return true;
    };
    const image = await createImage('image');
    pages.set(inStore(image, 1), message('stored'));
    inRegistry(image, 'told');
    begin();
    expect(await signed(image, 2)).toEqual(['stored', 'told']);
    const ofStore = stub.requests.filter(({ path }) => path.startsWith('/store'));
    expect(ofStore.length).toBeGreaterThan(0);
    expect(ofStore.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it.each<[string, (image: Digest) => [path: string, page: Buffer | string | number], string, string[]]>([
    ['a store that fails', (image) => [inStore(image, 1), 403], 'INVALID', ['stored 2', 'told']],
    ['too large a signature', (image) => [inStore(image, 2), Buffer.alloc(60_000)], 'TOO_LARGE', ['stored 1', 'told']],
    ['a registry that fails', (image) => [inRegistryPath(image), 'x'], 'INVALID', ['stored 1', 'stored 2']],
  ])('counts %s, and takes what others have', async (_, broken, reason, expected) => {
    await useStore();
    const image = await createImage('image');
    inRegistry(image, 'told');
    for (const number of [1, 2]) pages.set(inStore(image, number), message(`stored ${number}`));
    pages.set(...broken(image));
    begin();
    expect(await failed()).toEqual([{ labels: { registry: stub.host, reason }, value: 1 }]);
    expect(await signed(image, 1)).toEqual(expected);
    expect(errors).toEqual([]);
  });

  it('reaches private addresses only where an administrator has named the host', async () => {
    await test.put('images.config.openshift.io', { spec: {} });
    await writeFile(join(folder, 'a.yaml'), JSON.stringify({ 'default-docker': { lookaside: storeUrl() } }));
    const image = await createImage('image', { host: '127.0.0.2:1' });
    pages.set(inStore(image, 1), message('stored'));
    begin({ allowAddresses: [] });
    expect(await signed(image, 1)).toEqual(['stored']);
    expect(await failed()).toMatchObject([{ labels: { reason: 'ADDRESS_REFUSED' } }]);
  });

  it('goes by the mirrors, and not to a source that must not be contacted', async () => {
    const rule = { source: 'source.test', mirrors: [stub.host], mirrorSourcePolicy: 'NeverContactSource' };
    await test.put('imagedigestmirrorsets.config.openshift.io', { spec: { imageDigestMirrors: [rule] } });
    const image = await createImage('image', { host: 'source.test' });
    inRegistry(image, 'mirrored');
    begin();
    expect(await signed(image, 1)).toEqual(['mirrored']);
    expect(counters.failed()).toEqual([]);
  });

  it('tells of files that cannot be read', async () => {
    await writeFile(join(folder, 'a.yaml'), '[]');
    await createImage('image');
    begin();
    await eventually(
      async () => errors,
      (seen) => seen.length > 0,
    );
    expect(errors[0]).toMatchObject({ name: 'SignatureStoresError' });
  });
});
