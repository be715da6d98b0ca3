import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { readFile, stat } from 'node:fs/promises';
import type { Server, ServerOptions } from 'node:https';
import { opensslCiphers } from '../config/cipher-suites.js';
import type { TlsConfig } from '../config/index.js';
import type { Logger } from '../observe/index.js';

const CHECK_MS = 2000;

/**
 * AES-128 first: it is as strong as the certificates in use, and every record costs less than with AES-256. Measured in
 * `npm run bench -- --tls`.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What `https.createServer` needs for the configuration. Errors: those of reading and parsing the files. */
export async function tlsOptions(tls: TlsConfig): Promise<ServerOptions> {
  const asks = asksForCertificate(tls);
  return {
    ...(await secureContextOptions(tls)),
    requestCert: asks,
    rejectUnauthorized: asks && tls.clientauth === 'require-and-verify-client-cert',
    ALPNProtocols: ['http/1.1'],
  };
}

/** Without authorities, no client is asked for a certificate, whatever `clientauth` says. */
const asksForCertificate = ({ clientcas = [] }: TlsConfig) => clientcas.length > 0;

async function secureContextOptions(tls: TlsConfig): Promise<SecureContextOptions> {
  const [cert, key, ...ca] = await Promise.all(
    [tls.certificate, tls.key, ...(tls.clientcas ?? [])].map((path) => readFile(path)),
  );
  return {
    cert,
    key,
    ...(ca.length > 0 && { ca }),
    minVersion: tls.minimumtls === 'tls1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: tls.ciphersuites ? opensslCiphers(tls.ciphersuites) : CIPHERS,
    honorCipherOrder: true,
  };
}

/** Cuts connections whose client certificate does not do, for the modes that Node does not know. */
export function checkClientCertificate(tls: TlsConfig, socket: TLSSocket): void {
  if (!asksForCertificate(tls)) return;
  const given = Object.keys(socket.getPeerCertificate()).length > 0;
  const refused =
    (tls.clientauth === 'require-any-client-cert' && !given) ||
    (tls.clientauth === 'verify-client-cert-if-given' && given && !socket.authorized);
  if (refused) socket.destroy();
}

/** Takes over new certificates when their files change; with unusable ones, the old stay. Ends with the signal. */
export async function reloadCertificates(server: Server, tls: TlsConfig, log: Logger, signal: AbortSignal) {
  let known = await fingerprint(tls);
  const timer = setInterval(() => {
    void (async () => {
      const now = await fingerprint(tls);
      if (now === known) return;
      known = now;
      try {
        const options = await secureContextOptions(tls);
        createSecureContext(options) satisfies SecureContext;
        server.setSecureContext(options);
        log.info({ certificate: tls.certificate }, 'certificate reloaded');
      } catch (error) {
        log.warn({ certificate: tls.certificate, error }, 'the changed certificate is not usable, the old one stays');
      }
    })();
  }, CHECK_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}

async function fingerprint({ certificate, key, clientcas = [] }: TlsConfig): Promise<string> {
  const stats = await Promise.all(
    [certificate, key, ...clientcas].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return stats.map((info) => (info ? `${info.ino}:${info.mtimeNs}:${info.size}` : 'absent')).join(' ');
}
