import type { Server } from 'node:tls';
import type { Clock } from '@longshore/kube';
import type { ClusterCertificates } from './cluster-certificates.js';

/** Looks at least so often, as clocks are set and machines sleep. */
const MAX_WAIT_MS = 60 * 60_000;

export interface RenewalOptions {
  clock: Clock;
  signal: AbortSignal;
  onError: (error: unknown) => void;
}

/** The part of a TLS server that renewal needs. */
export type RenewableServer = Pick<Server, 'setSecureContext'>;

/** Keeps the serving certificate of a running server fresh: new connections get the new one. Ends with the signal. */
export async function renewServingCertificate(
  server: RenewableServer,
  certificates: ClusterCertificates,
  { clock, signal, onError }: RenewalOptions,
): Promise<void> {
  while (!signal.aborted) {
    const wait = Math.min(Math.max(certificates.renewAt - clock.now(), 0), MAX_WAIT_MS);
    await clock.sleep(wait, signal).catch(() => {});
    if (signal.aborted || clock.now() < certificates.renewAt) continue;
    try {
      await certificates.renew();
      server.setSecureContext(secureContext(certificates));
    } catch (error) {
      onError(error);
      await clock.sleep(MAX_WAIT_MS, signal).catch(() => {});
    }
  }
}

/** Options of a TLS server that shows the serving certificate and takes clients' certificates, without demanding them. */
export function secureContext(certificates: ClusterCertificates) {
  return {
    ...certificates.serving,
    ca: certificates.clientCertificateAuthority,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  } as const;
}
