import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { buildConnector, Dispatcher } from 'undici';
import { connectionErrorOf } from './connection-error.js';
import { guardedConnector } from './connector.js';
import { finishPaused } from './paused-parser.js';
import { receiveOptions } from './receive-buffers.js';
import { watchWrites } from './sent-buffers.js';
import { portOf, type TransportOptions, type Trust } from './transport.js';
import { Pool, ProxyAgent } from './undici.js';

const LARGEST_HEADERS = 64 * 1024;

/** Connections to the origin of a URL. */
export function directDispatcher(url: URL, trust: Trust, options: TransportOptions): Dispatcher {
  const { addresses, lookup, connectTimeoutMs } = options;
  const connect = guardedConnector({
    ...tlsOptions(trust),
    ...receiveOptions(url.protocol === 'https:'),
    timeout: connectTimeoutMs,
    port: portOf(url),
    ...(addresses && { addresses }),
    ...(lookup && { lookup }),
  });
  return new Pool(url.origin, { ...poolOptions(options), connect: watched(connect) });
}

/** http goes to the proxy as it is, https through a tunnel. The proxy's own address is configuration, not judged. */
export function proxiedDispatcher(url: URL, proxy: URL, trust: Trust, options: TransportOptions): Dispatcher {
  const pool = (origin: string | URL, { connect }: { connect?: unknown }) =>
    new Pool(origin, {
      ...poolOptions(options),
      connect: watched(failingForGood(connect as buildConnector.connector)),
    });
  const { lookup, connectTimeoutMs: timeout } = options;
  return new ProxyAgent({
    ...poolOptions(options),
    uri: proxy.href,
    proxyTunnel: url.protocol === 'https:',
    proxyTls: { timeout, ...(lookup && { lookup }) },
    requestTls: { ...tlsOptions(trust), timeout },
    factory: pool,
    clientFactory: pool,
  });
}

function poolOptions({ connections, idleTimeoutMs }: TransportOptions): Pool.Options {
  return {
    connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    maxHeaderSize: LARGEST_HEADERS,
  };
}

/**
 * undici connects again without end when a connector fails with its own UND_ERR_SOCKET, which is what a proxy that closes the
 * connection instead of making a tunnel leads to (`onError` in its client).
 */
function failingForGood(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(connectionErrorOf(error), null);
    });
  };
}

function watched(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (error, socket) => {
      if (error === null) callback(null, finishPaused(watchWrites(socket)));
      else callback(error, null);
    });
  };
}

/** The context is made once for a pool: it holds some 150 certificates, which would be parsed for each connection. */
function tlsOptions({ insecure, trust }: Trust): object {
  if (insecure) return { rejectUnauthorized: false };
  return trust.length === 0 ? {} : { secureContext: createSecureContext({ ca: [...nodeAuthorities(), ...trust] }) };
}

/** What Node trusts by itself. It forgets NODE_EXTRA_CA_CERTS for those who name authorities of their own. */
function nodeAuthorities(): string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (!file) return [...rootCertificates];
  try {
    return [...rootCertificates, readFileSync(file, 'utf8')];
  } catch {
    return [...rootCertificates]; // Node has warned of it at its start.
  }
}
