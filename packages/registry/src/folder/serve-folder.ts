import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CopyError } from '@longshore/distribution';
import { RegistryError } from '@longshore/oci';
import type { HttpConfig } from '../config/index.js';
import { Exchange } from '../http/exchange.js';
import { matchRoute } from '../http/route.js';
import { TransferBroken } from '../http/send-file.js';
import type { Logger } from '../observe/index.js';
import { listen } from '../server/http-server.js';
import { answer } from './answer.js';
import { openFolderImages, type FolderFormat, type FolderImages } from './folder-images.js';

export interface ServeFolderOptions {
  /** Where mirroring to files has left images: the folder that holds `v2`, or that of an OCI layout. */
  dir: string;
  format: FolderFormat;
  http: Pick<HttpConfig, 'addr' | 'tls'>;
  log: Logger;
}

export interface ServedFolder {
  /** `host:port` */
  address: string;
  stop(): Promise<void>;
}

const DRAIN_MS = 10_000;
const HEADERS = ['Docker-Distribution-Api-Version', 'registry/2.0', 'X-Content-Type-Options', 'nosniff'];

/**
 * Serves a folder of mirrored images (mirror.md 1.4, 8.1) as a registry that only gives. Certificates are read again when their files
 * change. Errors: those of listening and of the certificate files.
 */
export async function serveFolder({ dir, format, http, log }: ServeFolderOptions): Promise<ServedFolder> {
  const config: HttpConfig = {
    ...http,
    net: 'tcp',
    prefix: '/',
    relativeurls: true,
    draintimeout: DRAIN_MS,
    headers: {},
    http2: { disabled: true },
  };
  const images = openFolderImages(dir, format);
  const settings = { headers: HEADERS, host: undefined, relativeUrls: true, prefix: '/' };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => undefined); // the client left
    const exchange = new Exchange(randomUUID(), request, response, settings);
    serve(exchange, images).catch((error: unknown) => {
      if (error instanceof TransferBroken) return response.destroy();
      const known = toRegistryError(error);
      if (known.status >= 500) log.error({ error, url: exchange.url.slice(0, 256) }, 'request failed');
      exchange.fail(known);
    });
  };
  const server = await listen(config, handle, log);
  return { address: server.address, stop: () => server.drain(DRAIN_MS) };
}

async function serve(exchange: Exchange, images: FolderImages): Promise<void> {
  const { method, url } = exchange;
  if (method !== 'GET' && method !== 'HEAD') {
    exchange.response.once('finish', () => exchange.request.socket.destroy());
    throw new RegistryError('UNSUPPORTED', {
      message: 'this registry serves a folder, and takes nothing',
      headers: { Allow: 'GET, HEAD' },
    });
  }
  await answer(exchange, matchRoute(url.split('?', 1)[0] ?? ''), images);
}

function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  if (error instanceof CopyError && (error.code === 'NOT_FOUND' || error.code === 'INVALID'))
    return new RegistryError('MANIFEST_UNKNOWN', { cause: error });
  return new RegistryError('UNKNOWN', { detail: 'see the log of the server', cause: error });
}
