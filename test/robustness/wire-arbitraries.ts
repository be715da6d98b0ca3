import fc, { type Arbitrary } from 'fast-check';
import { createArtifact, createImage, createIndex, digestOf, MEDIA_TYPES, randomBytesOf } from '@longshore/testkit';
import {
  BROKEN_FRAMINGS,
  SOUND_FRAMINGS,
  type SessionSpoiling,
  type WireNoise,
  type WireRequest,
  type WireTarget,
} from './wire-request.js';

/** Content that is in the repository `fuzz/a` from the beginning. */
export const knownImage = createImage({ seed: 'fuzz', layers: 2, size: 20_000 });

const one = <T>(...items: T[]): Arbitrary<T> => fc.constantFrom(...items);
const bytes = (from: number, to: number) =>
  fc.tuple(fc.integer({ min: from, max: to }), fc.nat(7)).map(([size, seed]) => randomBytesOf(String(seed), size));

/** Characters as they may stand in a request line: no space, no line break. */
const visible = fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code));
const word = fc.string({ unit: visible, maxLength: 40 });
const number = fc.oneof(fc.integer({ min: -3, max: 30 }), fc.maxSafeInteger(), one('1e9', '0x10', '', '9'.repeat(40)));

const repository = fc.oneof(
  { weight: 12, arbitrary: one('fuzz/a', 'fuzz/b', 'fuzz/a/b', 'c') },
  {
    weight: 4,
    arbitrary: one(
      ...['..', '../..', 'fuzz/../../..', '%2e%2e/%2e%2e', 'fuzz%2fa', 'fuzz%2Fa%2F..%2F..', 'a//b', '/a', 'a/', '.'],
      ...[
        'A',
        '_x',
        'a/_uploads',
        'a/_layers/x',
        '%00',
        'a%00b',
        'a%0d%0aX-Y: z',
        'a%',
        'a%zz',
        '%ff%fe',
        'a%5c..%5cb',
      ],
      ...[
        'a/blobs/uploads',
        'manifests',
        'v2',
        '_catalog',
        '__proto__',
        'constructor',
        'x'.repeat(256),
        'a/'.repeat(200),
      ],
    ),
  },
  { weight: 1, arbitrary: word },
);

const knownDigests = [knownImage, ...knownImage.blobs].map(({ descriptor }) => descriptor.digest);
const digest = fc.oneof(
  { weight: 8, arbitrary: one(...knownDigests) },
  {
    weight: 3,
    arbitrary: fc.nat(20).map((seed) => digestOf(Buffer.from(String(seed)), seed % 3 ? 'sha256' : 'sha512')),
  },
  {
    weight: 4,
    arbitrary: one(
      ...['', 'sha256:', 'sha256', ':', 'sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'sha256:../../../../x'],
      ...[`sha256:${'A'.repeat(64)}`, `sha256%3A${'a'.repeat(64)}`, `sha256:${'a'.repeat(64)}/..`, 'sha256:%2e%2e%2fx'],
      ...[
        `sha256:${'a'.repeat(63)}%00`,
        `sha512:${'a'.repeat(64)}`,
        `sha256:${'0'.repeat(5000)}`,
        digestOf(Buffer.alloc(0)),
      ],
    ),
  },
  { weight: 1, arbitrary: word },
);

const tag = fc.oneof(
  { weight: 8, arbitrary: one('latest', 'v1', 'v2', 'x'.repeat(128)) },
  { weight: 3, arbitrary: one('.', '..', '%2e%2e', '..%2f..%2f..%2fx', '-a', 'a%00', 'x'.repeat(129), '%F0%9F%90%B3') },
  { weight: 1, arbitrary: word },
);

const encoded = (arbitrary: Arbitrary<string | number>) =>
  fc.tuple(arbitrary, fc.boolean()).map(([value, raw]) => (raw ? String(value) : encodeURIComponent(String(value))));
const parameter = fc.oneof(
  ...(
    [
      ['n', number],
      ['last', fc.oneof(tag, digest, repository)],
      ['tag', tag],
      ['digest', digest],
    ] as const
  ).map(([name, value]) => encoded(value).map((text) => `${name}=${text}`)),
  encoded(one('sha256', 'sha512', 'md5', '')).map((text) => `digest-algorithm=${text}`),
  encoded(fc.oneof(digest, word)).map((text) => `artifactType=${text}`),
  encoded(digest).map((text) => `mount=${text}`),
  encoded(repository).map((text) => `from=${text}`),
  encoded(word).map((text) => `_state=${text}`),
  word,
);
const query = fc
  .array(parameter, { maxLength: 4 })
  .map((parameters) => (parameters.length > 0 ? `?${parameters.join('&')}` : ''));

const resource = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(repository, digest).map(([name, which]) => `/v2/${name}/blobs/${which}`) },
  {
    weight: 5,
    arbitrary: fc.tuple(repository, fc.oneof(tag, digest)).map(([name, which]) => `/v2/${name}/manifests/${which}`),
  },
  { weight: 4, arbitrary: repository.map((name) => `/v2/${name}/blobs/uploads/`) },
  { weight: 2, arbitrary: fc.tuple(repository, word).map(([name, id]) => `/v2/${name}/blobs/uploads/${id}`) },
  { weight: 2, arbitrary: repository.map((name) => `/v2/${name}/tags/list`) },
  { weight: 2, arbitrary: fc.tuple(repository, digest).map(([name, which]) => `/v2/${name}/referrers/${which}`) },
  {
    weight: 3,
    arbitrary: one(
      ...['/', '/v2/', '/v2', '/v2/_catalog', '/healthz', '/livez', '/readyz', '/openshift/token', '/metrics'],
      ...[
        '/extensions/v2/metrics',
        '//',
        '/v2//',
        '/v2/../../etc/passwd',
        '/..%2f..%2fetc%2fpasswd',
        '/v2/%2e%2e/x',
        '*',
      ],
      ...['http://other.example/v2/', `/v2/${'a/'.repeat(3000)}`, '/favicon.ico', '/v2/a/blobs/uploads', '/v2/%'],
    ),
  },
  { weight: 1, arbitrary: word.map((text) => `/${text}`) },
);

const spoiling = fc.oneof(
  { weight: 6, arbitrary: fc.constant<SessionSpoiling>('nothing') },
  {
    weight: 2,
    arbitrary: one<SessionSpoiling>('flip-state', 'cut-state', 'no-state', 'other-id', 'other-repository'),
  },
);

const range = fc.oneof(
  fc.tuple(number, number).map(([from, to]) => `bytes=${from}-${to}`),
  number.map((from) => `bytes=${from}-`),
  number.map((length) => `bytes=-${length}`),
  one('bytes=', 'bytes=-', 'bytes=0-0,2-3', 'lines=0-1', 'bytes', '-', 'bytes=a-b'),
  word,
);
const contentRange = fc.oneof(
  fc.tuple(number, number).map(([from, to]) => `${from}-${to}`),
  fc.tuple(number, number).map(([from, to]) => `bytes ${from}-${to}/*`),
  word,
);
const header: Arbitrary<[string, string]> = fc.oneof(
  range.map((value): [string, string] => ['Range', value]),
  contentRange.map((value): [string, string] => ['Content-Range', value]),
  one<[string, string]>(
    ...Object.values(MEDIA_TYPES).flatMap((types) =>
      Object.values(types).map((type): [string, string] => ['Content-Type', type]),
    ),
    ['Content-Type', 'application/octet-stream'],
    ['Content-Type', ';;;='],
    ['Accept', '*/*'],
    ['Accept', 'application/json;q=0, text/*;q=x,,,;'],
    ['Authorization', 'Basic !!!'],
    ['Authorization', 'Basic dXNlcjpwYXNzd29yZA=='],
    ['Authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['Authorization', 'Negotiate'],
    ['Connection', 'close'],
    ['Connection', 'Upgrade, HTTP2-Settings'],
    ['Upgrade', 'h2c'],
    ['Expect', '100-continue'],
    ['Expect', '200-maybe'],
    ['Host', 'other.example:1'],
    ['Host', '"><'],
    ['X-Forwarded-Host', 'evil.example"\\'],
    ['X-Forwarded-Proto', 'https'],
    ['Forwarded', 'for=x;host="[::1]:1";proto=https'],
    ['Forwarded', `${'host='.repeat(200)};;=;`],
    ['If-None-Match', `"${knownDigests[0]}"`],
    ['If-None-Match', 'W/"*", *'],
    ['If-Range', '"x"'],
    ['X-Long', 'x'.repeat(70_000)],
    ['X-Zero', 'a\0b'],
    ['X Y', 'a space in the name'],
    ['X-Folded', 'a\r\n b'],
    ['Content-Encoding', 'gzip'],
    ['Trailer', 'Digest'],
  ),
  fc.tuple(word, word),
);

const emptyConfig = Buffer.from('{}');
const manifestBody = fc.oneof(
  one(
    knownImage.bytes,
    createIndex([knownImage]).bytes,
    createArtifact({ content: Buffer.from('x'), artifactType: 'a/b', subject: knownImage.descriptor }).bytes,
    emptyConfig,
    Buffer.from('null'),
    Buffer.from('{"schemaVersion":1,"fsLayers":[],"history":[]}'),
    Buffer.from('{"schemaVersion":2,"schemaVersion":2,"mediaType":"a"}'),
    Buffer.from('{"__proto__":{"schemaVersion":2},"constructor":1}'),
    Buffer.from(`{"schemaVersion":2,"config":${'['.repeat(50_000)}`),
    Buffer.from(`{"schemaVersion":2,"manifests":[${Array(5000).fill('{}').join(',')}]}`),
    Buffer.from('{"schemaVersion":2,"config":{"size":-1e999,"digest":"sha256:../..","mediaType":1},"layers":{}}'),
  ),
  fc.json({ maxDepth: 5 }).map((text) => Buffer.from(text)),
  // A manifest in which one byte is another.
  fc.tuple(fc.nat(knownImage.bytes.length - 1), fc.nat(255)).map(([at, value]) => {
    const spoiled = Buffer.from(knownImage.bytes);
    spoiled[at] = value;
    return spoiled;
  }),
);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 6, arbitrary: bytes(1, 300) },
  { weight: 5, arbitrary: manifestBody },
  { weight: 1, arbitrary: bytes(60_000, 400_000) },
);
const largeBody = bytes(4_000_000, 6_000_000);

const method = fc.oneof(
  { weight: 20, arbitrary: one('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE') },
  { weight: 1, arbitrary: one('OPTIONS', 'TRACE', 'CONNECT', 'PURGE', 'get', 'FOO', 'G ET', '\0', 'PRI') },
);
const framing = fc.oneof(
  { weight: 12, arbitrary: one(...SOUND_FRAMINGS) },
  { weight: 2, arbitrary: one(...BROKEN_FRAMINGS) },
);
const version = fc.oneof(
  { weight: 30, arbitrary: fc.constant('HTTP/1.1') },
  { weight: 1, arbitrary: one('HTTP/1.0', 'HTTP/9.9', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 x', '') },
);
const headers = fc.tuple(
  fc.oneof(
    { weight: 20, arbitrary: fc.constant<[string, string][]>([['Host', 'registry.example:5000']]) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
  ),
  fc.oneof(
    { weight: 10, arbitrary: fc.array(header, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 2500 }, (_, i): [string, string] => [`X-${i}`, 'y'])) },
  ),
);
const ending = fc.oneof(
  { weight: 30, arbitrary: fc.constant<WireRequest['ending']>('wait') },
  { weight: 2, arbitrary: one<WireRequest['ending']>('half-close', 'reset') },
);

function requestTo(
  target: Arbitrary<WireTarget>,
  wanted: { method?: Arbitrary<string>; body?: Arbitrary<Buffer> } = {},
): Arbitrary<WireRequest> {
  return fc.record({
    method: wanted.method ?? method,
    target,
    version,
    headers: headers.map(([first, more]) => [...first, ...more]),
    body: wanted.body ?? body,
    framing,
    pieces: fc.oneof(
      { weight: 5, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 5 }) },
    ),
    ending,
  });
}

const anyTarget = fc.tuple(resource, query).map(([path, text]): WireTarget => ({ kind: 'path', path: path + text }));
const uploadsTarget = fc
  .tuple(one('fuzz/a', 'fuzz/b', 'fuzz/new'), query)
  .map(([name, text]): WireTarget => ({ kind: 'path', path: `/v2/${name}/blobs/uploads/${text}` }));
const sessionTarget = fc
  .tuple(spoiling, fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: parameter }))
  .map(([spoil, text]): WireTarget => ({ kind: 'session', spoil, query: text }));
const finishTarget = spoiling.map((spoil): WireTarget => ({ kind: 'finish', spoil }));

/** An upload from its beginning to its end, in which anything may be wrong. */
const uploadStory = fc
  .tuple(
    requestTo(uploadsTarget, { method: one('POST'), body: fc.constant(Buffer.alloc(0)) }),
    fc.array(
      requestTo(sessionTarget, {
        method: fc.oneof({ weight: 5, arbitrary: one('PATCH') }, { weight: 1, arbitrary: method }),
        body: fc.oneof({ weight: 30, arbitrary: body }, { weight: 1, arbitrary: largeBody }),
      }),
      { maxLength: 3 },
    ),
    requestTo(finishTarget, { method: one('PUT', 'PUT', 'DELETE', 'GET'), body }),
  )
  .map(([begin, chunks, end]) => [begin, ...chunks, end]);

const noise: Arbitrary<WireNoise> = fc
  .oneof(
    fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content)),
    one(
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from('GET /\r\n'),
      Buffer.from('GET /v2/ HTTP/1.1'),
      Buffer.from('\r\n\r\n\r\n\r\n'),
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
      Buffer.from(`GET /${'x'.repeat(100_000)}`),
      Buffer.from(`POST /v2/a/blobs/uploads/ HTTP/1.1\r\n${'X: y\r\n'.repeat(20_000)}`),
    ),
  )
  .map((content) => ({ noise: content }));

/** What is sent on one connection: requests one after the other or, `pipelined`, all at once; then perhaps noise. */
export interface WireSession {
  items: (WireRequest | WireNoise)[];
  pipelined: boolean;
}

export const wireSession: Arbitrary<WireSession> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.array(requestTo(anyTarget), { minLength: 1, maxLength: 6 }) },
      { weight: 2, arbitrary: uploadStory },
    ),
    fc.option(noise, { freq: 8 }),
    fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  )
  .map(([requests, last, pipelined]) => ({ items: last ? [...requests, last] : requests, pipelined }));
