import { createHash, randomInt } from 'node:crypto';
import type { ObjectAccess } from '@longshore/apiserver';
import { hasReason, type KubeObject } from '@longshore/kube';
import { hashPassword } from '@longshore/registry/htpasswd';

/** The administrator that a new cluster has: no User object, only a password. */
export const KUBEADMIN = 'kube:admin';
/** How it is typed. */
export const KUBEADMIN_LOGIN = 'kubeadmin';
export const KUBEADMIN_GROUPS: readonly string[] = ['system:cluster-admins'];

const NAMESPACE = 'kube-system';
const SECRET = 'kubeadmin';
const KEY = 'kubeadmin';

/** Letters and digits that are not taken for one another. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ23456789';

/** `XXXXX-XXXXX-XXXXX-XXXXX`: 116 random bits. */
function generatePassword(): string {
  const part = () => Array.from({ length: 5 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return [part(), part(), part(), part()].join('-');
}

interface KubeadminSecret extends KubeObject {
  data?: Record<string, string>;
}

/**
 * Makes the administrator of a new cluster and answers its password, which is shown once and kept nowhere; undefined when there
 * is one. To be called for a new cluster only: who deletes the Secret kube-system/kubeadmin does not want it back.
 */
export async function createKubeadmin(objects: ObjectAccess): Promise<string | undefined> {
  const password = generatePassword();
  const data = { [KEY]: Buffer.from(await hashPassword(password)).toString('base64') };
  const metadata = { name: SECRET, namespace: NAMESPACE };
  try {
    await objects.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data });
    return password;
  } catch (error) {
    if (hasReason(error, 'AlreadyExists')) return undefined;
    throw error;
  }
}

/** Does nothing when there is none. */
export async function removeKubeadmin(objects: ObjectAccess): Promise<void> {
  const known = await objects.get('secrets', NAMESPACE, SECRET);
  if (known !== undefined) await objects.delete('secrets', NAMESPACE, SECRET);
}

export interface Kubeadmin {
  /** bcrypt. */
  passwordHash: string;
  /** Changes with the password, so that tokens from before end. */
  uid: string;
}

/** The administrator as it is now; undefined when it was removed. */
export async function findKubeadmin(objects: ObjectAccess): Promise<Kubeadmin | undefined> {
  const secret = await objects.get<KubeadminSecret>('secrets', NAMESPACE, SECRET);
  const encoded = secret?.data?.[KEY];
  if (secret === undefined || encoded === undefined || secret.metadata.deletionTimestamp !== undefined)
    return undefined;
  const passwordHash = Buffer.from(encoded, 'base64').toString('utf8');
  const uid = createHash('sha256')
    .update(JSON.stringify([secret.metadata.uid, passwordHash]))
    .digest('base64url');
  return { passwordHash, uid };
}
