/** Headers of one connection, which nobody passes on (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What proxies say of where a request came from: a client's own claims are not believed. */
const ORIGIN = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
]);

export interface RequestOrigin {
  /** Address of the client. */
  client: string;
  /** As the client sent it, with its port. */
  host: string;
  isSecure: boolean;
  /** Where the router took the request. */
  port: number;
}

/** Headers as they came, name and value in turn, and as they are sent on. */
export type RawHeaders = readonly string[];

/** The headers of a request for a backend, which it can tell the request's origin from (RFC 7239). */
export function requestHeaders(raw: RawHeaders, { client, host, isSecure, port }: RequestOrigin): string[] {
  const proto = isSecure ? 'https' : 'http';
  const own = new Set([...ORIGIN, 'host']);
  const isChunked = pairs(raw).some(([name]) => name.toLowerCase() === 'transfer-encoding');
  const node = client.includes(':') ? `"[${client}]"` : client;
  return [
    ...['Host', host],
    ...endToEnd(raw).flatMap(([name, value]) => (own.has(name.toLowerCase()) ? [] : [name, value])),
    ...['X-Forwarded-Host', host],
    ...['X-Forwarded-Port', String(port)],
    ...['X-Forwarded-Proto', proto],
    ...['X-Forwarded-For', client],
    ...['Forwarded', `for=${node};host="${host}";proto=${proto}`],
    // Who is asked to close reads no body that it does not want, and its answer is lost with the connection.
    ...['Connection', 'keep-alive'],
    ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
  ];
}

/** The headers of an answer for the client. */
export function responseHeaders(raw: RawHeaders): string[] {
  return endToEnd(raw).flat();
}

function endToEnd(raw: RawHeaders): [string, string][] {
  const all = pairs(raw);
  const named = all
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((name) => name.trim().toLowerCase()));
  // What tells where the body ends is no client's to take away.
  const dropped = new Set([...HOP_BY_HOP, ...named.filter((name) => name !== 'content-length' && name !== 'host')]);
  return all.filter(([name]) => !dropped.has(name.toLowerCase()));
}

function pairs(raw: RawHeaders): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? '', raw[2 * at + 1] ?? '']);
}
