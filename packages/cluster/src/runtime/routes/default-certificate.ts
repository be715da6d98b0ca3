import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ObjectAccess } from '@longshore/apiserver';
import type { KubeObject } from '@longshore/kube';
import { ensure } from '../../bootstrap/ensure.js';
import type { KeyPair } from '../../tls/index.js';
import type { RouterOptions } from './router-options.js';

/** Where clients of OpenShift look for whom to trust (seed 004, chapter 5). */
export const INGRESS_NAMESPACE = 'openshift-ingress';
export const DEFAULT_CERTIFICATE = 'router-certs-default';
/** Marks the certificate that the router had issued; another one in its place is the administrator's. */
const ISSUED = 'runtime.longshore.dev/issued-certificate';
const RENEW_BEFORE_MS = 30 * 24 * 60 * 60_000;

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/**
 * The certificate for the hosts whose route brings none, with that of its authority. It is kept in a Secret; an administrator
 * may put another one there. It is issued anew when it ends soon, cannot be used, or is not for `*.<apps domain>`.
 */
export async function defaultCertificate(
  objects: ObjectAccess,
  { appsDomain, certificates }: Pick<RouterOptions, 'appsDomain' | 'certificates'>,
  now: Date,
): Promise<KeyPair> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: INGRESS_NAMESPACE } };
  await ensure(objects, { resource: 'namespaces', object: namespace });
  const known = await objects.get<Secret>('secrets', INGRESS_NAMESPACE, DEFAULT_CERTIFICATE);
  const current = known && keyPairOf(known);
  const isIssued = known === undefined || known.metadata.annotations?.[ISSUED] === 'true';
  const isKept = isIssued ? isFresh(current, appsDomain, certificates.authority, now) : current !== undefined;
  if (current !== undefined && isKept) return current;
  const { certificate, key } = await certificates.issueServingCertificate(`*.${appsDomain}`, [
    `*.${appsDomain}`,
    appsDomain,
  ]);
  const issued = { certificate: `${certificate}${certificates.authority}`, key };
  // What an administrator put there is theirs to mend.
  if (isIssued) await keep(objects, issued, known);
  return issued;
}

async function keep(objects: ObjectAccess, { certificate, key }: KeyPair, known: Secret | undefined): Promise<void> {
  const data = { 'tls.crt': base64(certificate), 'tls.key': base64(key) };
  const metadata = { name: DEFAULT_CERTIFICATE, namespace: INGRESS_NAMESPACE, annotations: { [ISSUED]: 'true' } };
  const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data };
  if (known === undefined) await objects.create<Secret>('secrets', secret);
  else await objects.update<Secret>('secrets', { ...known, data });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Undefined when it cannot be used. */
function keyPairOf({ data = {} }: Secret): KeyPair | undefined {
  const read = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString();
  const pair = { certificate: read('tls.crt'), key: read('tls.key') };
  if (pair.certificate === '' || pair.key === '') return undefined;
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
    return pair;
  } catch {
    return undefined;
  }
}

function isFresh(pair: KeyPair | undefined, appsDomain: string, authority: string, now: Date): boolean {
  if (pair === undefined) return false;
  const certificate = new X509Certificate(pair.certificate);
  return (
    certificate.verify(new X509Certificate(authority).publicKey) &&
    certificate.checkHost(`any.${appsDomain}`) !== undefined &&
    Date.parse(certificate.validTo) - now.getTime() > RENEW_BEFORE_MS
  );
}
