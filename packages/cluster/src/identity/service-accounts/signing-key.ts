import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { exportJWK, type JWK } from 'jose';
import { writePrivateFile } from '@longshore/kube/private-file';

/** What tokens of service accounts are signed with. */
export interface SigningKey {
  algorithm: 'ES256' | 'RS256';
  /** As Kubernetes makes it: SHA-256 of the public key. */
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The key in that PEM file; made, EC P-256, when there is none. RSA keys are taken, too, as clusters have them. */
export async function openSigningKey(path: string): Promise<SigningKey> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return signingKey(createPrivateKey(text));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return signingKey(privateKey);
}

/** Errors: `TypeError` for keys of other kinds. */
export function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey);
  const { asymmetricKeyType, asymmetricKeyDetails } = privateKey;
  const isP256 = asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isP256 && asymmetricKeyType !== 'rsa') throw new TypeError('the key for tokens must be EC P-256 or RSA');
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { algorithm: isP256 ? 'ES256' : 'RS256', id, privateKey, publicKey };
}

/** The public key as others check tokens with it. */
export async function publicJwk({ publicKey, id, algorithm }: SigningKey): Promise<JWK> {
  return { use: 'sig', kid: id, alg: algorithm, ...(await exportJWK(publicKey)) };
}
