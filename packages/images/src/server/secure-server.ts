import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface SecureServerOptions {
  host?: string;
  port: number;
  /** Certificate and key, PEM; read again when `renew` is called, as those who keep certificates replace them. */
  readCertificate: () => Promise<{ cert: string; key: string }>;
  /** PEM of the authorities whose certificates clients are asked for, as they are now. Default: none. */
  clientAuthorities?: () => readonly string[];
  handle: RequestListener;
}

/** How long a request may take to come to its end when the server ends. */
const DRAIN_MS = 10_000;

/** An HTTPS server that asks clients for certificates, without refusing those that have none. */
export class SecureServer {
  #server: Server | undefined;
  #shown = '';

  constructor(private readonly options: SecureServerOptions) {}

  get address(): AddressInfo {
    return this.#server?.address() as AddressInfo;
  }

  /** Errors: those of `readCertificate`, addresses that are taken, keys that do not fit. */
  async listen(): Promise<void> {
    const { handle, host, port } = this.options;
    const context = await this.context();
    this.#shown = JSON.stringify(context);
    const server = createServer({ ...context, requestCert: true, rejectUnauthorized: false }, handle);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host !== undefined && { host }) }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#server = server;
  }

  /** Takes new certificates and authorities for the connections to come. Errors: as of `listen`; the old ones stay. */
  async renew(): Promise<void> {
    const context = await this.context();
    const shown = JSON.stringify(context);
    if (shown === this.#shown) return;
    this.#server?.setSecureContext(context);
    this.#shown = shown;
  }

  /** Resolves when the last connection has ended; those that wait for a next request are ended, and after a while all. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    await closed;
    clearTimeout(late);
  }

  private async context() {
    const { readCertificate, clientAuthorities } = this.options;
    const { cert, key } = await readCertificate();
    const ca = [...(clientAuthorities?.() ?? [])];
    return { cert, key, minVersion: 'TLSv1.2' as const, ...(ca.length > 0 && { ca }) };
  }
}

/** For `readCertificate`. Errors: files that cannot be read. */
export async function readCertificateFiles(certificateFile: string, keyFile: string) {
  const [cert, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key };
}
