import { X509Certificate } from 'node:crypto';
import { NAMESPACE, OWNED, RESOURCES, TLS_SECRET } from '../names.js';
import type { Secret } from '../operands/secrets.js';
import type { Snapshot } from '../snapshot.js';

/** Of Secrets that cert-manager keeps, also of those that were there before. */
const CERT_MANAGER = 'cert-manager.io/certificate-name';
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60_000;

/**
 * Whether the operator must have a serving certificate issued: nobody else does, and there is none, or its own ends soon. A
 * Secret that others made is theirs.
 */
export function needsCertificate(snapshot: Snapshot, now: Date): boolean {
  if (snapshot.serves(RESOURCES.serviceCas)) return false;
  const secret = snapshot.find<Secret>(RESOURCES.secrets, TLS_SECRET, NAMESPACE);
  if (secret === undefined) return true;
  const { annotations = {} } = secret.metadata;
  if (annotations[OWNED] !== 'true' || CERT_MANAGER in annotations) return false;
  const certificate = secret.data?.['tls.crt'] ?? '';
  return certificate === '' || endOf(certificate) - now.getTime() < RENEW_BEFORE_MS;
}

/** What cannot be read is left as it is: another one from the same hand would be no better. */
function endOf(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    return Infinity;
  }
}
