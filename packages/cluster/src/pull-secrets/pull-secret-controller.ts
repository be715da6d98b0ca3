import type { Controller, ObjectAccess } from '@longshore/apiserver';
import { hasReason, type ImageConfig, type KubeObject, type WorkResult } from '@longshore/kube';
import type { TokenIssuer } from '../identity/service-accounts/token-issuer.js';
import {
  ACCOUNT_ANNOTATION,
  heldToken,
  mendedSecret,
  pullSecret,
  PULL_SECRET_TYPE,
  pullSecretName,
  renewalTime,
  withoutPullSecret,
  withPullSecret,
  type HeldToken,
  type Secret,
  type ServiceAccount,
} from './pull-secret.js';
import { REGISTRY_SERVICE, registryHosts, type RegistryService } from './registry-hosts.js';

export interface PullSecretOptions {
  /** Signs the tokens of service accounts. */
  issuer: Pick<TokenIssuer, 'bound' | 'audiences' | 'key'>;
  /** Where the registry is reached, beside what its service and the image configuration say: `127.0.0.1:5000`. */
  addresses: () => readonly string[];
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Renewed with 40 % left, so after not quite five hours: pulls go on while no controller runs for three hours, a namespace
 * costs three writes in five hours, and a stolen token is of use for a working day, or until its secret is deleted.
 */
const TOKEN_SECONDS = 8 * 3600;
const IMAGE_CONFIGS = 'images.config.openshift.io';
/** Stands for all service accounts; others are `namespace/name`. */
const ALL = '';

/**
 * Keeps for each service account a secret with which its pods pull from the cluster's registry (registry.md 2.5). While there
 * is no registry, there are no such secrets.
 */
export function pullSecretController(options: PullSecretOptions): Controller {
  const keyOf = (namespace = '', name = '') => [`${namespace}/${name}`];
  return {
    name: 'pull-secrets',
    follows: {
      serviceaccounts: ({ metadata }) => keyOf(metadata.namespace, metadata.name),
      secrets: ({ metadata, type }: Secret) => {
        const account = metadata.annotations?.[ACCOUNT_ANNOTATION];
        return type === PULL_SECRET_TYPE && account !== undefined ? keyOf(metadata.namespace, account) : [];
      },
      services: ({ metadata }) =>
        metadata.namespace === REGISTRY_SERVICE.namespace && metadata.name === REGISTRY_SERVICE.name ? [ALL] : [],
      [IMAGE_CONFIGS]: () => [ALL],
    },
    reconcile: async (key, objects) => {
      const hosts = await currentHosts(objects, options.addresses());
      if (key !== ALL) {
        const [namespace = '', name = ''] = key.split('/');
        const account = await objects.get<ServiceAccount>('serviceaccounts', namespace, name);
        return account && settle(account, hosts, objects, options);
      }
      const { items } = await objects.list<ServiceAccount>('serviceaccounts');
      const failures: unknown[] = [];
      for (const account of items) {
        await settle(account, hosts, objects, options).catch((error: unknown) => {
          // Whoever was faster has changed the account, which is then looked at by itself.
          if (!hasReason(error, 'Conflict')) failures.push(error);
        });
      }
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} pull secrets are not up to date`);
    },
  };
}

async function currentHosts(objects: ObjectAccess, own: readonly string[]): Promise<string[]> {
  const { namespace, name } = REGISTRY_SERVICE;
  const service = await objects.get<RegistryService>('services', namespace, name);
  return registryHosts({ service, config: await objects.get<ImageConfig>(IMAGE_CONFIGS, '', 'cluster'), own });
}

/** Makes the secret of a service account what it should be; answers when its token must be renewed. */
async function settle(
  account: ServiceAccount,
  hosts: readonly string[],
  objects: ObjectAccess,
  options: PullSecretOptions,
): Promise<WorkResult> {
  const { issuer, now } = options;
  const { deletionTimestamp } = account.metadata;
  if (deletionTimestamp !== undefined) return;
  if (hosts.length === 0) return remove(account, objects);
  const known = await existingSecret(account, objects);
  if (known === undefined) return;
  const held = heldToken(known, account, issuer.key.id);
  const isGood = held !== undefined && held.renewAt > now();
  const { token, renewAt } = isGood ? held : await newToken(account, known, options);
  const mended = mendedSecret(known, pullSecret(account, hosts, token));
  if (mended !== undefined) await objects.update('secrets', mended);
  const changed = withPullSecret(account, pullSecretName(account));
  if (changed !== undefined) await objects.update('serviceaccounts', changed);
  return { after: Math.max(renewAt - now(), 0) };
}

async function newToken(account: KubeObject, secret: Secret, { issuer, now }: PullSecretOptions): Promise<HeldToken> {
  const { namespace = '', name = '', uid = '' } = account.metadata;
  const { name: secretName = '', uid: secretUid = '' } = secret.metadata;
  const claims = { namespace, serviceaccount: { name, uid }, secret: { name: secretName, uid: secretUid } };
  const { token, expires } = await issuer.bound(claims, issuer.audiences, TOKEN_SECONDS);
  return { token, renewAt: renewalTime(Math.floor(now() / 1000), expires.getTime() / 1000) };
}

/**
 * The secret of a service account, made when it is missing: tokens are bound to it, so it is there first. Undefined in a
 * namespace that ends.
 */
async function existingSecret(account: ServiceAccount, objects: ObjectAccess): Promise<Secret | undefined> {
  const { namespace = '' } = account.metadata;
  const name = pullSecretName(account);
  const known = await objects.get<Secret>('secrets', namespace, name);
  if (known?.type === PULL_SECRET_TYPE) return known;
  const { deletionTimestamp } = (await objects.get('namespaces', '', namespace))?.metadata ?? {};
  if (deletionTimestamp !== undefined) return undefined;
  if (known !== undefined) await deleteSecret(known, objects);
  return objects.create<Secret>('secrets', pullSecret(account, [], undefined));
}

async function remove(account: ServiceAccount, objects: ObjectAccess): Promise<void> {
  const name = pullSecretName(account);
  const changed = withoutPullSecret(account, name);
  if (changed !== undefined) await objects.update('serviceaccounts', changed);
  const secret = await objects.get<Secret>('secrets', account.metadata.namespace ?? '', name);
  if (secret !== undefined) await deleteSecret(secret, objects);
}

async function deleteSecret(
  { metadata: { namespace = '', name = '' } }: KubeObject,
  objects: ObjectAccess,
): Promise<void> {
  await objects.delete('secrets', namespace, name).catch((error: unknown) => {
    if (!hasReason(error, 'NotFound')) throw error;
  });
}
