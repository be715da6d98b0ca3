import { createHash } from 'node:crypto';

/** How the end of a body is told to the server, rightly or wrongly. */
export const SOUND_FRAMINGS = ['none', 'length', 'chunked'] as const;
export const BROKEN_FRAMINGS = [
  'too-short',
  'too-long',
  'bad-chunk',
  'endless-chunk',
  'length-and-chunked',
  'negative-length',
  'two-lengths',
  'word-as-length',
  'unknown-coding',
] as const;
export type Framing = (typeof SOUND_FRAMINGS)[number] | (typeof BROKEN_FRAMINGS)[number];

/** What a request asks for: a path as it stands, or the upload session that this connection began last. */
export type WireTarget =
  | { kind: 'path'; path: string }
  | { kind: 'session'; spoil: SessionSpoiling; query: string }
  /** Closes the session with the digest of what the server has taken. */
  | { kind: 'finish'; spoil: SessionSpoiling };

/** What is done to the Location of a session before it is used. */
export type SessionSpoiling = 'nothing' | 'flip-state' | 'cut-state' | 'no-state' | 'other-id' | 'other-repository';

export interface WireRequest {
  method: string;
  target: WireTarget;
  version: string;
  /** Name and value; written as they are. */
  headers: [string, string][];
  body: Uint8Array;
  framing: Framing;
  /** Into how many writes the bytes are cut. */
  pieces: number;
  /** What the client does after its last byte. */
  ending: 'wait' | 'half-close' | 'reset';
}

/** Bytes that are no request at all. */
export interface WireNoise {
  noise: Uint8Array;
}

export const isNoise = (item: WireRequest | WireNoise): item is WireNoise => 'noise' in item;

/** What a connection has learned from the answers so far. */
export interface SessionMemory {
  /** Path and query of the last upload session. */
  location: string;
  /** What the server has taken for it. */
  taken: Uint8Array[];
}

export const NO_SESSION = '/v2/fuzz/a/blobs/uploads/2f0e7d0c-7e5c-4d0b-9a43-5d6c2f0f7c11?_state=AAAA';

/** The path and query that a request goes to. */
export function pathOf({ target, body }: WireRequest, { location, taken }: SessionMemory): string {
  if (target.kind === 'path') return target.path;
  const spoiled = spoil(location, target.spoil);
  const mark = spoiled.includes('?') ? '&' : '?';
  if (target.kind === 'session') return target.query === '' ? spoiled : `${spoiled}${mark}${target.query}`;
  const hash = createHash('sha256');
  for (const part of [...taken, body]) hash.update(part);
  return `${spoiled}${mark}digest=sha256:${hash.digest('hex')}`;
}

function spoil(location: string, how: SessionSpoiling): string {
  switch (how) {
    case 'nothing':
      return location;
    case 'flip-state':
      return location.replace(/_state=(.)/, (_all, first: string) => `_state=${first === 'A' ? 'B' : 'A'}`);
    case 'cut-state':
      return location.slice(0, -7);
    case 'no-state':
      return location.replace(/\?.*$/, '');
    case 'other-id':
      return location.replace(/uploads\/[^?]*/, 'uploads/..%2f..%2fother');
    case 'other-repository':
      return location.replace('/v2/', '/v2/x/');
  }
}

/** True when a server can tell where the request ends: it owes an answer without waiting for more. */
export function isSound({ framing }: WireRequest): boolean {
  return (SOUND_FRAMINGS as readonly string[]).includes(framing);
}

/** The bytes of a request. */
export function encode(request: WireRequest, path: string): Buffer {
  const { headers, coded } = frame(request);
  const lines = [...request.headers, ...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${request.method} ${path} ${request.version}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), coded]);
}

function frame({ body, framing }: WireRequest): { headers: [string, string][]; coded: Uint8Array } {
  const length = (value: string | number): [string, string] => ['Content-Length', String(value)];
  const coding = (value: string): [string, string] => ['Transfer-Encoding', value];
  switch (framing) {
    case 'none':
      return { headers: [], coded: Buffer.alloc(0) };
    case 'length':
      return { headers: [length(body.length)], coded: body };
    case 'chunked':
      return { headers: [coding('chunked')], coded: chunked(body, '0\r\n\r\n') };
    case 'too-short':
      return { headers: [length(body.length + 7)], coded: body };
    case 'too-long':
      return { headers: [length(Math.max(0, body.length - 5))], coded: body };
    case 'bad-chunk':
      return { headers: [coding('chunked')], coded: chunked(body, 'xyz\r\n\r\n') };
    case 'endless-chunk':
      return { headers: [coding('chunked')], coded: chunked(body, 'ffffffffffffffff\r\n') };
    case 'length-and-chunked':
      return { headers: [length(body.length), coding('chunked')], coded: chunked(body, '0\r\n\r\n') };
    case 'negative-length':
      return { headers: [length(-1)], coded: body };
    case 'two-lengths':
      return { headers: [length(body.length), length(body.length + 1)], coded: body };
    case 'word-as-length':
      return { headers: [length('many')], coded: body };
    case 'unknown-coding':
      return { headers: [coding('gzip')], coded: body };
  }
}

/** The body in up to three chunks, and what ends it. */
function chunked(body: Uint8Array, end: string): Buffer {
  const size = Math.max(1, Math.ceil(body.length / 3));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from(end)]);
}
