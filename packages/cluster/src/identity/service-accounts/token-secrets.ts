import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, type KubeObject } from '@longshore/kube';
import type { TokenIssuer } from './token-issuer.js';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

const encode = (text: string) => Buffer.from(text).toString('base64');

/**
 * Fills Secrets of type `kubernetes.io/service-account-token` with a token, the authority of the API server and the namespace,
 * and removes them when their service account is gone. `caBundle` is PEM.
 */
export function tokenSecretsController(issuer: TokenIssuer, caBundle: string): Controller {
  const secretKey = (secret: Secret) =>
    secret.type === TYPE ? [`${secret.metadata.namespace ?? ''}/${secret.metadata.name ?? ''}`] : [];
  return {
    name: 'token-secrets',
    follows: {
      secrets: secretKey,
      // `namespace/` stands for all Secrets of a namespace, one of whose accounts has come or gone.
      serviceaccounts: ({ metadata }) => [`${metadata.namespace ?? ''}/`],
    },
    reconcile: async (key, objects) => {
      const slash = key.indexOf('/');
      const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
      const secrets =
        name === ''
          ? (await objects.list<Secret>('secrets', namespace)).items
          : [await objects.get<Secret>('secrets', namespace, name)];
      for (const secret of secrets) {
        const isMeant = secret?.type === TYPE && secret.metadata.deletionTimestamp === undefined;
        if (isMeant) await settle(secret, namespace, issuer, caBundle, objects);
      }
    },
  };
}

/** Fills one Secret, or removes it. */
async function settle(
  secret: Secret,
  namespace: string,
  issuer: TokenIssuer,
  caBundle: string,
  objects: ObjectAccess,
): Promise<void> {
  const { annotations = {}, name: secretName = '' } = secret.metadata;
  const account = annotations[NAME] ?? '';
  const uid = (await objects.get('serviceaccounts', namespace, account))?.metadata.uid;
  if (uid === undefined || (annotations[UID] !== undefined && annotations[UID] !== uid)) {
    await objects.delete('secrets', namespace, secretName).catch((error: unknown) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
    return;
  }
  const own = { 'ca.crt': encode(caBundle), namespace: encode(namespace) };
  const data: Record<string, string> = { ...secret.data, ...own };
  const claims = { namespace, secretName, serviceaccount: { name: account, uid } };
  data['token'] ??= encode(await issuer.legacy(claims));
  const isFull = Object.entries(data).every(([field, value]) => secret.data?.[field] === value);
  if (isFull && annotations[UID] === uid) return;
  const metadata = { ...secret.metadata, annotations: { ...annotations, [UID]: uid } };
  await objects.update<Secret>('secrets', { ...secret, metadata, data });
}
