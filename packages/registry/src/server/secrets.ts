import { hkdfSync, randomBytes } from 'node:crypto';
import type { StorageDriver } from '@longshore/storage';
import { OWN } from '../layout.js';
import { getOrUndefined } from '../storage-access.js';

const SECRET_FILE = `${OWN}/secret`;
const SECRET_BYTES = 32;

/**
 * The secret that signs upload states and tokens. Workers and replicas must agree on it, and uploads outlive a restart:
 * without `http.secret` it is kept in storage.
 */
export async function sharedSecret(configured: string | undefined, driver: StorageDriver): Promise<Buffer> {
  if (configured !== undefined && configured !== '') return Buffer.from(configured);
  const kept = await getOrUndefined(driver, SECRET_FILE, 1024);
  if (kept?.length === SECRET_BYTES) return kept;
  await driver.put(SECRET_FILE, randomBytes(SECRET_BYTES), { private: true });
  return driver.get(SECRET_FILE, 1024);
}

/** A key of its own for each purpose. */
export function derivedKey(secret: Buffer, purpose: 'uploads' | 'tokens'): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `longshore registry ${purpose}`, 32));
}
