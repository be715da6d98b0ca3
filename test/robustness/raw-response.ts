/** An answer as it stands on the wire. */
export interface RawResponse {
  status: number;
  /** Names in lower case; of several with one name, the last. */
  headers: Map<string, string>;
  body: Buffer;
}

/** The server sent something that is no HTTP answer. */
export class MalformedResponseError extends Error {
  readonly code = 'RESPONSE_MALFORMED';
  constructor(reason: string, bytes: Buffer) {
    super(`${reason}: ${JSON.stringify(bytes.subarray(0, 200).toString('latin1'))}`);
    this.name = 'MalformedResponseError';
  }
}

interface Parsed {
  response: RawResponse;
  /** Bytes that the answer takes. */
  length: number;
}

const HEAD_END = '\r\n\r\n';

/**
 * Reads the first answer in `bytes`; undefined while it is not complete. `ended`: nothing will follow.
 * Errors: MalformedResponseError.
 */
export function parseResponse(bytes: Buffer, method: string, ended: boolean): Parsed | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) {
    if (ended && bytes.length > 0) throw new MalformedResponseError('an incomplete head', bytes);
    return undefined;
  }
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(statusLine)?.[1] ?? NaN);
  if (Number.isNaN(status)) throw new MalformedResponseError('no status line', bytes);
  const headers = new Map(lines.map((line) => headerOf(line, bytes)));
  const start = end + HEAD_END.length;
  // What is no HTTP request has no method: its answer has a body, whatever the first word was.
  const refusedUnread = status >= 400 && headers.get('connection') === 'close' && !headers.has('date');
  const bodiless = (method === 'HEAD' && !refusedUnread) || status < 200 || status === 204 || status === 304;
  const body = bodiless ? { content: Buffer.alloc(0), length: 0 } : bodyOf(bytes.subarray(start), headers, ended);
  return body && { response: { status, headers, body: body.content }, length: start + body.length };
}

function headerOf(line: string, bytes: Buffer): [string, string] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+): ?([\x20-\x7e]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new MalformedResponseError(`header line ${line}`, bytes);
  return [name.toLowerCase(), value];
}

function bodyOf(rest: Buffer, headers: Map<string, string>, ended: boolean) {
  if (headers.get('transfer-encoding') === 'chunked') return chunkedBodyOf(rest);
  const announced = headers.get('content-length');
  if (announced === undefined) return ended ? { content: rest, length: rest.length } : undefined;
  const length = Number(announced);
  return rest.length >= length ? { content: rest.subarray(0, length), length } : undefined;
}

function chunkedBodyOf(rest: Buffer) {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16);
    if (Number.isNaN(size)) throw new MalformedResponseError('no chunk size', rest.subarray(at));
    const next = lineEnd + 2 + size + 2;
    if (rest.length < next) return undefined;
    if (size === 0) return { content: Buffer.concat(chunks), length: next };
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
