import { createHash } from 'node:crypto';
import { jsonEqual, type KubeObject } from '@longshore/kube';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { readBoundClaims } from '../identity/service-accounts/claims.js';

/** registry.md 2.5 */
export const PULL_SECRET_TYPE = 'kubernetes.io/dockercfg';
export const ACCOUNT_ANNOTATION = 'openshift.io/internal-registry-auth-token.service-account';
const BINDING_ANNOTATION = 'openshift.io/internal-registry-auth-token.binding';
const REFERENCE_ANNOTATION = 'openshift.io/internal-registry-pull-secret-ref';
const DATA_KEY = '.dockercfg';
/** Literally: the registry looks at the password only. */
const USER = '<token>';
const MAX_NAME_LENGTH = 253;
/** A token is replaced when so much of its life is left. */
const RENEWAL_SHARE = 0.4;

export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

export interface ServiceAccount extends KubeObject {
  secrets?: { name?: string }[];
  imagePullSecrets?: { name?: string }[];
}

/** The same for the same service account, and another for one that is made anew under its name. */
export function pullSecretName({ metadata: { name = '', uid = '' } }: KubeObject): string {
  const end = `-dockercfg-${createHash('sha256').update(uid).digest('hex').slice(0, 8)}`;
  return `${name.slice(0, MAX_NAME_LENGTH - end.length)}${end}`;
}

/** The secret of a service account; without a token it is for no registry yet. */
export function pullSecret(account: KubeObject, hosts: readonly string[], token: string | undefined): Secret {
  const { name = '', namespace = '', uid = '' } = account.metadata;
  const auth = Buffer.from(`${USER}:${token ?? ''}`).toString('base64');
  const config = token === undefined ? {} : Object.fromEntries(hosts.map((host) => [host, { auth }]));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: pullSecretName(account),
      namespace,
      annotations: { [ACCOUNT_ANNOTATION]: name, [BINDING_ANNOTATION]: 'bound' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'ServiceAccount', name, uid }],
    },
    type: PULL_SECRET_TYPE,
    data: { [DATA_KEY]: Buffer.from(JSON.stringify(config)).toString('base64') },
  };
}

/** The secret with what it should have; undefined when it has it. What others added to its metadata stays. */
export function mendedSecret(known: Secret, wanted: Secret): Secret | undefined {
  const { annotations, ownerReferences } = wanted.metadata;
  const metadata = {
    ...known.metadata,
    annotations: { ...known.metadata.annotations, ...annotations },
    ownerReferences,
  };
  const mended: Secret = { ...known, metadata, data: wanted.data ?? {} };
  return jsonEqual(mended, known) ? undefined : mended;
}

export interface HeldToken {
  token: string;
  /** Milliseconds since 1970. */
  renewAt: number;
}

/** When a token is replaced, of a life in seconds since 1970, in milliseconds. */
export function renewalTime(issued: number, expires: number): number {
  return (expires - (expires - issued) * RENEWAL_SHARE) * 1000;
}

/**
 * The token in a secret, when it is bound to this secret and service account and signed with that key; what it says was written
 * by us and is checked by nobody here.
 */
export function heldToken(secret: Secret, account: KubeObject, keyId: string): HeldToken | undefined {
  try {
    const text = Buffer.from(secret.data?.[DATA_KEY] ?? '', 'base64').toString();
    const [entry] = Object.values(JSON.parse(text) as Record<string, { auth?: string }>);
    const token = Buffer.from(entry?.auth ?? '', 'base64')
      .toString()
      .slice(USER.length + 1);
    const payload = decodeJwt(token);
    const claims = readBoundClaims(payload);
    const isBound = claims?.secret?.uid === secret.metadata.uid && claims?.serviceaccount.uid === account.metadata.uid;
    const { exp, iat } = payload;
    if (!isBound || exp === undefined || iat === undefined || decodeProtectedHeader(token).kid !== keyId)
      return undefined;
    return { token, renewAt: renewalTime(iat, exp) };
  } catch {
    return undefined;
  }
}

/** The service account with the secret among its own; undefined when it is so already. */
export function withPullSecret(account: ServiceAccount, secret: string): ServiceAccount | undefined {
  const annotations = { ...account.metadata.annotations, [REFERENCE_ANNOTATION]: secret };
  const add = (list: { name?: string }[] = []) =>
    list.some(({ name }) => name === secret) ? list : [...list, { name: secret }];
  return changed(account, {
    ...account,
    metadata: { ...account.metadata, annotations },
    secrets: add(account.secrets),
    imagePullSecrets: add(account.imagePullSecrets),
  });
}

/** The service account without it; undefined when it is so already. */
export function withoutPullSecret(account: ServiceAccount, secret: string): ServiceAccount | undefined {
  const { [REFERENCE_ANNOTATION]: _, ...annotations } = account.metadata.annotations ?? {};
  const remove = (list: { name?: string }[]) => list.filter(({ name }) => name !== secret);
  const { secrets, imagePullSecrets } = account;
  return changed(account, {
    ...account,
    metadata: { ...account.metadata, ...(account.metadata.annotations && { annotations }) },
    ...(secrets && { secrets: remove(secrets) }),
    ...(imagePullSecrets && { imagePullSecrets: remove(imagePullSecrets) }),
  });
}

function changed(before: ServiceAccount, after: ServiceAccount): ServiceAccount | undefined {
  return jsonEqual(before, after) ? undefined : after;
}
