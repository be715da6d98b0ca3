import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Route } from '../../kinds/openshift/route.js';
import type { Refusal } from './host-claims.js';

/** What a route brings for TLS. */
export type RouteCertificate = { context?: SecureContext } | { refusal: Refusal };

/** Reads the certificates of routes, each once. */
export class RouteCertificates {
  private known = new Map<string, RouteCertificate>();
  private used = new Map<string, RouteCertificate>();

  of({ spec: { tls } }: Route): RouteCertificate {
    if (tls === undefined) return {};
    const { certificate, key, caCertificate, destinationCACertificate } = tls;
    const id = JSON.stringify([certificate, key, caCertificate, destinationCACertificate]);
    const read = this.used.get(id) ?? this.known.get(id) ?? readCertificate(tls);
    this.used.set(id, read);
    return read;
  }

  /** Forgets what nobody asked for since the last time. */
  sweep(): void {
    this.known = this.used;
    this.used = new Map();
  }
}

function readCertificate({
  certificate = '',
  key = '',
  caCertificate = '',
  destinationCACertificate = '',
}: NonNullable<Route['spec']['tls']>): RouteCertificate {
  const problem = problemOf('destinationCACertificate', () => {
    if (destinationCACertificate !== '') new X509Certificate(destinationCACertificate);
  });
  if (problem !== undefined) return { refusal: problem };
  if (certificate === '' && key === '') return {};
  let context: SecureContext | undefined;
  const refusal = problemOf('certificate', () => {
    // The key may stand beside the certificate.
    context = createSecureContext({
      cert: `${certificate}\n${caCertificate}`,
      key: key || certificate,
      minVersion: 'TLSv1.2',
    });
  });
  return refusal === undefined ? { ...(context && { context }) } : { refusal };
}

function problemOf(field: string, read: () => void): Refusal | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return { reason: 'ExtendedValidationFailed', message: `spec.tls.${field}: ${(error as Error).message}` };
  }
}
