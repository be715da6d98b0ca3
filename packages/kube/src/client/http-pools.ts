import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import type { Connection } from '../kubeconfig/connection.js';
import type { Secrets } from './credential-source.js';
import type { HttpTransportOptions } from './http-transport.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** A stream in which nothing comes for so long is dead; API servers send bookmarks each minute. */
const WATCH_SILENCE_MS = 15 * 60_000;

/** HTTP connections to an API server. */
export interface Pools {
  short: Dispatcher;
  watches: Dispatcher;
}

/** What the two sides show each other. */
export type Certificates = { [name in 'certificate' | 'key' | 'certificateAuthority']: Secrets[name] | undefined };

/** Connections that show these certificates, made when they are needed. */
export function openPools(
  connection: Connection,
  certificates: Certificates,
  { connections = 16, headersTimeoutMs: headersTimeout = 60_000 }: HttpTransportOptions,
): Pools {
  const tls = tlsOptions(connection, certificates);
  const open = (options: Agent.Options): Dispatcher => {
    const { proxyUrl } = connection;
    if (proxyUrl === undefined) return new Agent({ ...options, connect: tls });
    return new ProxyAgent({ ...options, uri: proxyUrl.href, requestTls: tls });
  };
  return {
    short: open({ connections, headersTimeout, bodyTimeout: headersTimeout }),
    watches: open({ headersTimeout, bodyTimeout: WATCH_SILENCE_MS }),
  };
}

function tlsOptions(
  { insecureSkipTlsVerify, tlsServerName }: Connection,
  { certificate, key, certificateAuthority }: Certificates,
) {
  return {
    timeout: CONNECT_TIMEOUT_MS,
    ...(certificateAuthority !== undefined && { ca: certificateAuthority }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    ...(insecureSkipTlsVerify === true && { rejectUnauthorized: false }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
  };
}
