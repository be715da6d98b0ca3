import type { RequestListener } from 'node:http';
import { issueCertificate } from './issue-certificate.js';

/** PEM files, which may come later. */
export interface CertificateFiles {
  tlsCertFile?: string;
  tlsPrivateKeyFile?: string;
}

export interface MetricsServerOptions extends CertificateFiles {
  port: number;
  handle: RequestListener;
  /** Hears when the files cannot be used; the certificate stays as it was. */
  onError: (error: unknown) => void;
}

export interface MetricsServer {
  port: number;
  stop(): Promise<void>;
}

const RENEW_MS = 30_000;
const NAMES = ['image-registry-operator.openshift-image-registry.svc', 'localhost'];

/** Serves metrics and health by HTTPS. Errors: of the files, as far as they are there, and of the socket. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { SecureServer } = await import('@longshore/images');
  const { handle, onError, port } = options;
  const server = new SecureServer({ port, handle, readCertificate: certificateReader(options) });
  await server.listen();
  const renewing = setInterval(() => void server.renew().catch(onError), RENEW_MS);
  return {
    port: server.address.port,
    async stop() {
      clearInterval(renewing);
      await server.close();
    },
  };
}

/** The files; while there are none, a certificate of its own. */
function certificateReader({ tlsCertFile, tlsPrivateKeyFile }: CertificateFiles) {
  let own: Promise<{ cert: string; key: string }> | undefined;
  return async () => {
    const { readCertificateFiles } = await import('@longshore/images');
    try {
      if (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined)
        return await readCertificateFiles(tlsCertFile, tlsPrivateKeyFile);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    own ??= issueCertificate(NAMES).then(({ certificate: cert, key }) => ({ cert, key }));
    return own;
  };
}
