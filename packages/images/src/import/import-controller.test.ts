import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, IMAGE_API_VERSION, type ImageStream, type KubeObject, type TagReference } from '@longshore/kube';
import {
  createImage,
  createIndex,
  pushTree,
  startDockerRegistry,
  temporaryFolder,
  type DockerRegistry,
} from '@longshore/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/workload-server.js';
import { STREAMS } from '../streams/stream-names.js';
import { runImportController, type ImportControllerOptions } from './import-controller.js';
import { ImportCounters } from './import-counters.js';
import type { Importer, ImportRequest } from './importer.js';
import { NAMESPACE, startImportServer, type ImportServer } from './testing/import-server.js';
import { SteppedClock, turns } from './testing/stepped-clock.js';
import { instantClock, openGate, type Gate } from './testing/upstreams.js';

const INTERVAL = 15 * 60_000;
const dir = temporaryFolder('import-controller');
const [first, second] = ['first', 'second'].map((seed) => createImage({ seed })) as [Image, Image];
const list = createIndex([first, createImage({ seed: 'arm', platform: { os: 'linux', architecture: 'arm64' } })]);
type Image = ReturnType<typeof createImage>;

let registry: DockerRegistry;
let gate: Gate;
let test: ImportServer;
let clock: SteppedClock;
let counters: ImportCounters;
let errors: unknown[];
let ending: AbortController;
let running: Promise<void>;
let repository = 0;

beforeAll(async () => {
  registry = await startDockerRegistry({ root: dir, dir: join(dir, 'config') });
  gate = await openGate(registry.url);
}, 30_000);
afterAll(async () => {
  await gate.close();
  await registry.stop();
  await rm(dir, { recursive: true });
});

beforeEach(() => {
  gate.requests = [];
  gate.failure = () => undefined;
  clock = new SteppedClock();
  counters = new ImportCounters();
  errors = [];
  repository += 1;
});
afterEach(async () => {
  await stop();
  await test.close();
});

const begin = async (importer?: Importer, more: Partial<ImportControllerOptions> = {}) => {
  test = await startImportServer({
    clock: instantClock(),
    allowAddresses: ['127.0.0.0/8'],
    ...(importer && { importer }),
  });
  start(more);
};
const start = (more: Partial<ImportControllerOptions> = {}) => {
  ending = new AbortController();
  const { root: client, importer } = test;
  const options = {
    client,
    importer,
    counters,
    clock,
    random: () => 0.5,
    onError: (error: unknown) => errors.push(error),
  };
  running = runImportController({ ...options, ...more }, ending.signal);
};
const stop = async () => {
  ending.abort();
  await running;
};

const path = () => `team/app${repository}`;
const push = (image: Parameters<typeof pushTree>[2], tag = 'v1') => pushTree(registry, path(), image, tag);
const from = (tag = 'v1') => ({ kind: 'DockerImage' as const, name: `${gate.address}/${path()}:${tag}` });
const specTag = (more: Partial<TagReference['importPolicy']> = {}): TagReference => ({
  name: 'v1',
  from: from(),
  importPolicy: { insecure: true, ...more },
  referencePolicy: { type: 'Source' },
});
const create = (tags: TagReference[], name = 'app') =>
  test.api.objects.create(STREAMS, {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStream',
    metadata: { name, namespace: NAMESPACE },
    spec: { lookupPolicy: { local: false }, tags },
    status: { dockerImageRepository: '' },
  } satisfies ImageStream);
const images = (stream: ImageStream | undefined) => stream?.status.tags?.[0]?.items?.map(({ image }) => image) ?? [];
const conditions = (stream: ImageStream | undefined) => stream?.status.tags?.[0]?.conditions ?? [];
const untilStream = async (holds: (stream: ImageStream | undefined) => boolean) =>
  (await eventually(() => test.stream(), holds)) as ImageStream;
const retag = (stream: ImageStream, ...tags: TagReference[]) =>
  test.api.objects.update<ImageStream>(STREAMS, { ...stream, spec: { ...stream.spec, tags } });
const untilNewest = (image: { descriptor: { digest: string } }) =>
  untilStream((stream) => images(stream)[0] === image.descriptor.digest);
/** What the registry was asked for of the tag since. */
const asked = () => gate.requests.splice(0).filter((what) => what.includes('/manifests/') || what.includes('/blobs/'));
const HEAD = () => `HEAD /v2/${path()}/manifests/v1`;
/** Until a scheduled stream waits for its time, and no import is under way, which has an hour. */
const untilIdle = () =>
  eventually(
    () => Promise.resolve(clock.waits),
    (waits) => waits.length > 0 && waits.every((wait) => wait <= INTERVAL),
  );
/** What is asked when the controller looks at a scheduled stream. */
const look = async () => {
  await untilIdle();
  asked();
  const before = clock.now();
  await clock.advance(INTERVAL);
  await eventually(
    () => Promise.resolve(clock.waits),
    // It has been looked at, and waits for the next time.
    (waits) => waits.length > 0 && waits.every((wait) => wait <= INTERVAL && clock.now() + wait > before + INTERVAL),
  );
  return asked();
};

describe('a stream', () => {
  it('is imported when it comes, and when its tags change', async () => {
    await push(first);
    await push(second, 'v2');
    await begin();
    await create([specTag()]);
    const stream = await untilNewest(first);
    await eventually(
      () => Promise.resolve(counters.success()),
      ({ length }) => length > 0,
    );
    expect(counters.success()).toEqual([{ labels: { scheduled: 'false', registry: gate.address }, value: 1 }]);
    await retag(stream, { ...specTag(), from: from('v2') });
    expect(images(await untilNewest(second))).toHaveLength(2);
  });

  it('is imported again when somebody asks for generation 0, and not otherwise', async () => {
    await push(first);
    await begin();
    await create([specTag()]);
    const stream = await untilNewest(first);
    await push(second);
    asked();
    const labels = { a: 'b' };
    const labelled = await test.api.objects.update(STREAMS, { ...stream, metadata: { ...stream.metadata, labels } });
    await turns();
    expect(asked()).toEqual([]);
    await retag(labelled, { ...specTag(), generation: 0 });
    expect((await untilNewest(second)).spec.tags?.[0]?.generation).toBe(2);
  });

  it('that is there at the start is imported if it must, and only then', async () => {
    await push(first);
    await begin();
    await create([specTag()]);
    await untilNewest(first);
    await stop();
    asked();
    await create([specTag()], 'other');
    start();
    await eventually(
      () => test.stream('other'),
      (stream) => images(stream).length === 1,
    );
    expect(asked().filter((what) => what.startsWith('GET') && what.endsWith('/v1'))).toHaveLength(1);
  });

  it('that fails is not tried again until it changes', async () => {
    await begin();
    await create([specTag()]);
    const failed = await untilStream((stream) => conditions(stream).length === 1);
    expect(conditions(failed)).toMatchObject([
      { type: 'ImportSuccess', status: 'False', reason: 'NotFound', generation: 1 },
    ]);
    await eventually(
      () => Promise.resolve(counters.errors()),
      ({ length }) => length > 0,
    );
    expect(counters.errors()).toEqual([
      { labels: { scheduled: 'false', registry: gate.address, reason: 'NotFound' }, value: 1 },
    ]);
    asked();
    await clock.advance(3_600_000);
    expect(asked()).toEqual([]);
  });

  it('whose import the API refuses is tried five times again', async () => {
    let calls = 0;
    const refuse = () => {
      calls += 1;
      return Promise.reject(new ApiError('Forbidden', 'not now'));
    };
    await begin({ import: refuse, digests: () => Promise.resolve([]) });
    await create([specTag()]);
    for (let tries = 1; tries <= 6; tries++) {
      await eventually(
        () => Promise.resolve(errors.length),
        (length) => length >= tries,
      );
      await clock.advance(60_000);
    }
    await clock.advance(3_600_000);
    expect([calls, errors.length]).toEqual([6, 6]);
  });

  it('that takes too long is given up after an hour', async () => {
    let request: ImportRequest | undefined;
    const hang = (asked: ImportRequest) =>
      new Promise<never>((_, reject) => {
        request = asked;
        asked.signal.addEventListener('abort', () => reject(new Error('left')));
      });
    await begin({ import: hang, digests: () => Promise.resolve([]) });
    await create([specTag()]);
    await eventually(
      () => Promise.resolve(request),
      (value) => value !== undefined,
    );
    await clock.advance(3_599_000);
    expect(errors).toEqual([]);
    await clock.advance(1_000);
    await eventually(
      () => Promise.resolve(errors.length),
      (length) => length > 0,
    );
    expect(errors).toMatchObject([{ code: 'IMPORT_TIMEOUT' }]);
    await eventually(
      () => Promise.resolve(request?.signal.aborted),
      (aborted) => aborted === true,
    );
  });
});

describe('a scheduled tag', () => {
  const scheduled = specTag.bind(undefined, { scheduled: true });

  it('costs its registry one question while nothing changes, and an import when it does', async () => {
    await push(first);
    await begin();
    await create([scheduled()]);
    await untilNewest(first);
    asked();
    expect(await look()).toEqual([HEAD()]);
    await push(second);
    expect((await look())[0]).toBe(HEAD());
    expect(images(await untilNewest(second))).toEqual([second, first].map(({ descriptor }) => descriptor.digest));
    expect(counters.success()).toContainEqual({ labels: { scheduled: 'true', registry: gate.address }, value: 1 });
    const events = await eventually(
      async () => (await test.api.objects.list<KubeObject>('events', NAMESPACE)).items,
      ({ length }) => length > 0,
    );
    expect(events).toMatchObject([
      {
        type: 'Normal',
        reason: 'ScheduledImport',
        message: `tag v1 of ${from().name} is now ${second.descriptor.digest}`,
        involvedObject: { kind: 'ImageStream', name: 'app' },
      },
    ]);
  });

  it('of a list of which one image is taken is compared by the list', async () => {
    await push(list);
    await begin();
    await create([scheduled()]);
    await untilNewest(first);
    asked();
    expect((await look()).length).toBeGreaterThan(1);
    expect(await look()).toEqual([HEAD()]);
  });

  it('that fails stays scheduled', async () => {
    await begin();
    await create([scheduled()]);
    await untilStream((stream) => conditions(stream).length === 1);
    asked();
    await look();
    await push(first);
    await look();
    expect(conditions(await untilNewest(first))).toEqual([]);
  });

  it('of a registry that wants to be left alone stays as it is', async () => {
    await push(first);
    await begin();
    await create([scheduled()]);
    const stream = await untilNewest(first);
    gate.failure = (_count, what) => (what.includes('/manifests/') ? 429 : undefined);
    expect(await look()).toContain(HEAD());
    expect((await test.stream())?.metadata.resourceVersion).toBe(stream.metadata.resourceVersion);
    gate.failure = () => undefined;
    expect(await look()).toEqual([HEAD()]);
  });

  it('is forgotten when it is scheduled no more', async () => {
    await push(first);
    await begin();
    await create([scheduled()]);
    const stream = await untilNewest(first);
    await retag(stream, specTag());
    await turns();
    asked();
    await clock.advance(INTERVAL);
    expect(asked()).toEqual([]);
  });
});
