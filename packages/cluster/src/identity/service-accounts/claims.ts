import { isJsonObject } from '@longshore/kube';
import type { JWTPayload } from 'jose';

/** What a bound token says of its service account and of what it is bound to (claim `kubernetes.io`). */
export interface BoundClaims {
  namespace: string;
  serviceaccount: Reference;
  pod?: Reference;
  secret?: Reference;
  node?: Reference;
}

export interface Reference {
  name: string;
  uid: string;
}

/** What a legacy token says, which lives in a Secret. */
export interface LegacyClaims {
  namespace: string;
  secretName: string;
  serviceaccount: Reference;
}

const PRIVATE = 'kubernetes.io';
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

export function subjectOf(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function boundPayload(claims: BoundClaims): JWTPayload {
  return { [PRIVATE]: claims };
}

export function legacyPayload({ namespace, secretName, serviceaccount }: LegacyClaims): JWTPayload {
  return {
    [`${PRIVATE}/serviceaccount/namespace`]: namespace,
    [`${PRIVATE}/serviceaccount/secret.name`]: secretName,
    [`${PRIVATE}/serviceaccount/service-account.name`]: serviceaccount.name,
    [`${PRIVATE}/serviceaccount/service-account.uid`]: serviceaccount.uid,
  };
}

/** Undefined when something is missing or does not fit the subject. */
export function readBoundClaims(payload: JWTPayload): BoundClaims | undefined {
  const claims = payload[PRIVATE];
  if (!isJsonObject(claims) || typeof claims['namespace'] !== 'string') return undefined;
  const { namespace } = claims;
  const read = (name: string) => (claims[name] === undefined ? undefined : (reference(claims[name]) ?? null));
  const [serviceaccount, pod, secret, node] = ['serviceaccount', 'pod', 'secret', 'node'].map(read);
  if (!serviceaccount || pod === null || secret === null || node === null) return undefined;
  if (payload.sub !== subjectOf(namespace, serviceaccount.name)) return undefined;
  return {
    namespace,
    serviceaccount,
    ...(pod !== undefined && { pod }),
    ...(secret !== undefined && { secret }),
    ...(node !== undefined && { node }),
  };
}

/** Undefined when something is missing or does not fit the subject. */
export function readLegacyClaims(payload: JWTPayload): LegacyClaims | undefined {
  const text = (name: string) => {
    const value = payload[`${PRIVATE}/serviceaccount/${name}`];
    return typeof value === 'string' ? value : '';
  };
  const [namespace, secretName] = [text('namespace'), text('secret.name')];
  const serviceaccount = { name: text('service-account.name'), uid: text('service-account.uid') };
  if ([namespace, secretName, serviceaccount.name, serviceaccount.uid].includes('')) return undefined;
  return payload.sub === subjectOf(namespace, serviceaccount.name)
    ? { namespace, secretName, serviceaccount }
    : undefined;
}

function reference(value: unknown): Reference | undefined {
  if (!isJsonObject(value) || typeof value['name'] !== 'string' || typeof value['uid'] !== 'string') return undefined;
  return { name: value['name'], uid: value['uid'] };
}
