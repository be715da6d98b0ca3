import { RemoteError } from '@longshore/distribution';
import { ApiError, IMAGE_API_VERSION, objectKey, type ImageStream, type TagReference } from '@longshore/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DigestAnswer, DigestsRequest } from './importer.js';
import { SUCCESS } from './import-status.js';
import { ScheduledImports, type ScheduledImportsOptions } from './scheduled-imports.js';
import { SteppedClock } from './testing/stepped-clock.js';

const MINUTE = 60_000;
const INTERVAL = 15 * MINUTE;
const NEW = `sha256:${'2'.repeat(64)}`;
const OLD = `sha256:${'1'.repeat(64)}`;

let clock: SteppedClock;
let ending: AbortController;
let running: Promise<void>;
let scheduled: ScheduledImports;
let streams: Map<string, ImageStream>;
/** When, and after which pull specs it was asked. */
let questions: { at: number; from: string[] }[];
let imports: string[][];
let notes: string[];
let errors: unknown[];
let answer: (from: string) => DigestAnswer;

function stream(name: string, registries: string[] = ['a.example']): ImageStream {
  const tags = registries.map((registry, index): TagReference => ({
    name: `v${index}`,
    generation: 1,
    from: { kind: 'DockerImage', name: `${registry}/team/app:v${index}` },
    importPolicy: { scheduled: true },
    referencePolicy: { type: 'Source' },
  }));
  const event = { created: '', dockerImageReference: 'r', image: OLD, generation: 1 };
  return {
    apiVersion: IMAGE_API_VERSION,
    kind: 'ImageStream',
    metadata: { name, namespace: 'proj' },
    spec: { lookupPolicy: { local: false }, tags },
    status: { dockerImageRepository: '', tags: tags.map(({ name: tag }) => ({ tag, items: [event] })) },
  };
}

const start = (more: Partial<ScheduledImportsOptions> = {}) => {
  scheduled = new ScheduledImports({
    streams: {
      find: (key) => Promise.resolve(streams.get(key)),
      import: (of, { tags }) => {
        imports.push(tags.map(({ name }) => name));
        const images = tags.map(({ name }) => ({
          status: SUCCESS,
          tag: name,
          image: { metadata: { name: NEW } } as never,
        }));
        return Promise.resolve({ ...of, spec: { import: true }, status: { images } });
      },
    },
    importer: {
      digests: ({ images }: DigestsRequest) => {
        questions.push({ at: clock.now(), from: images.map(({ from }) => from) });
        return Promise.resolve(images.map(({ from }) => answer(from)));
      },
    },
    events: { note: (_object, _reason, message) => Promise.resolve(void notes.push(message)) },
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    ...more,
  });
  running = scheduled.run(ending.signal);
};
const add = (...added: ImageStream[]) => {
  for (const one of added) {
    streams.set(objectKey(one), one);
    scheduled.note(one);
  }
};

beforeEach(() => {
  clock = new SteppedClock();
  ending = new AbortController();
  streams = new Map();
  [questions, imports, notes, errors] = [[], [], [], []];
  answer = () => ({ digest: OLD });
});
afterEach(async () => {
  ending.abort();
  await running;
});

it('looks at a stream in each interval, and imports nothing that is there', async () => {
  start();
  add(stream('app'));
  const began = clock.now();
  await clock.advance(3 * INTERVAL);
  expect(questions.map(({ at }) => (at - began) / INTERVAL)).toEqual([0.5, 1.5, 2.5]);
  expect(imports).toEqual([]);
});

it('varies the interval', async () => {
  let next = 0;
  start({ random: () => [0.1, 0.9, 0.3, 0.7][next++ % 4] ?? 0 });
  add(stream('app'));
  await clock.advance(5 * INTERVAL);
  const gaps = questions.slice(1).map(({ at }, index) => (at - (questions[index]?.at ?? 0)) / INTERVAL);
  expect(new Set(gaps).size).toBeGreaterThan(1);
  for (const gap of gaps) expect(Math.abs(gap - 1)).toBeLessThanOrEqual(0.1);
});

it('looks at no more streams in a minute than it may', async () => {
  start({ perMinute: 10 });
  add(...Array.from({ length: 25 }, (_, n) => stream(`app${n}`)));
  await clock.advance(INTERVAL);
  expect(questions).toHaveLength(25);
  for (const { at } of questions) {
    const inMinute = questions.filter((other) => other.at >= at && other.at < at + MINUTE);
    expect(inMinute.length).toBeLessThanOrEqual(10);
  }
});

describe('a look', () => {
  it.each<[string, (from: string) => DigestAnswer, string[][]]>([
    ['takes what is new', (from) => ({ digest: from.includes('b.') ? NEW : OLD }), [['v1']]],
    ['takes what the registry does not tell', () => ({}), [['v0', 'v1']]],
    [
      'takes what fails, so that the stream tells why',
      () => ({ error: new RemoteError('NOT_FOUND', '') }),
      [['v0', 'v1']],
    ],
    ['waits where it is told to', () => ({ error: new RemoteError('TOO_MANY_REQUESTS', '') }), []],
  ])('%s', async (_what, answers, expected) => {
    start();
    answer = answers;
    add(stream('app', ['a.example', 'b.example']));
    await clock.advance(INTERVAL / 2);
    expect(imports).toEqual(expected);
  });

  it('tells of what has changed', async () => {
    start();
    answer = () => ({ digest: NEW });
    add(stream('app'));
    await clock.advance(INTERVAL);
    expect(notes).toEqual([`tag v0 of a.example/team/app:v0 is now ${NEW}`]);
  });

  it('is repeated soon when somebody else wrote the stream', async () => {
    const conflict = () => Promise.reject(new ApiError('Conflict', 'changed'));
    start({ streams: { find: (key) => Promise.resolve(streams.get(key)), import: conflict } });
    answer = () => ({ digest: NEW });
    add(stream('app'));
    await clock.advance(INTERVAL / 2 + 5_000);
    expect(questions.length).toBeGreaterThan(3);
    expect(errors).toEqual([]);
  });

  it('ends well when the cluster fails, and comes again', async () => {
    start({ importer: { digests: () => Promise.reject(new Error('no cluster')) } });
    add(stream('app'));
    await clock.advance(2 * INTERVAL);
    expect(errors).toHaveLength(2);
  });
});

describe('a registry that wants to be left alone', () => {
  const refused = (retryAfterSeconds?: number) => ({
    error: new RemoteError('TOO_MANY_REQUESTS', '', retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
  const asked = (registry: string) => questions.filter(({ from }) => from.some((name) => name.startsWith(registry)));

  it('is, for all streams, as long as it said; others are not', async () => {
    start();
    answer = (from) => (from.startsWith('a.') && questions.length < 3 ? refused(300) : { digest: OLD });
    add(stream('one'), stream('two'), stream('three', ['b.example']));
    await clock.advance(INTERVAL / 2 + 4 * MINUTE);
    expect(asked('a.')).toHaveLength(1);
    expect(asked('b.')).toHaveLength(1);
    await clock.advance(2 * MINUTE);
    expect(asked('a.').length).toBeGreaterThan(1);
  });

  it('is longer each time when it does not say for how long', async () => {
    start();
    answer = () => refused();
    add(stream('one'), stream('two', ['a.example']));
    await clock.advance(3 * 60 * MINUTE);
    const gaps = asked('a.')
      .slice(1)
      .map(({ at }, index) => at - (asked('a.')[index]?.at ?? 0));
    expect(gaps.length).toBeGreaterThan(3);
    expect(gaps.at(-1)).toBeGreaterThan((gaps[0] ?? 0) * 2);
  });

  it('is asked as often as before when it answers again', async () => {
    start();
    answer = () => (questions.length === 1 ? refused(60) : { digest: OLD });
    add(stream('app'));
    await clock.advance(3 * INTERVAL);
    expect(questions).toHaveLength(3);
  });
});

it('asks for lists by their own digest from then on', async () => {
  start();
  const list = `sha256:${'3'.repeat(64)}`;
  answer = () => ({ digest: list });
  const app = stream('app');
  add(app);
  await clock.advance(INTERVAL);
  expect(imports).toEqual([['v0']]);
  // What the import wrote.
  const items = [{ created: '', dockerImageReference: 'r', image: NEW, generation: 1 }];
  streams.set('proj/app', { ...app, status: { ...app.status, tags: [{ tag: 'v0', items }] } });
  await clock.advance(INTERVAL);
  expect(imports).toHaveLength(1);
  answer = () => ({ digest: OLD });
  await clock.advance(INTERVAL);
  expect(imports).toHaveLength(2);
});
