import { readFile } from 'node:fs/promises';
import { memoryStore, parseSignatureConfigMap, releaseSignatures, type Release } from '@longshore/mirror';
import { CliError } from '../../cli-error.js';
import type { SignatureOptions, SignatureSources } from './signature-options.js';

/**
 * Does nothing unless it is asked for. Errors: SignatureError when nothing vouches for the release, CliError for files that cannot
 * be read and for options that would do nothing.
 */
export async function checkSignature(release: Release, options: SignatureOptions, signal: AbortSignal): Promise<void> {
  const { verifySignature = false, signatureKey, signatureStore, signatureFile } = options;
  if (!verifySignature) {
    if (signatureKey.length + signatureStore.length + signatureFile.length === 0) return;
    throw new CliError('--signature-key, --signature-store and --signature-file are for --verify-signature', 2);
  }
  await verifiedSignatures(release, options, signal);
}

/** The signatures that vouch for a release. Errors: SignatureError when there is none, CliError for files that cannot be read. */
export async function verifiedSignatures(
  release: Release,
  { signatureKey, signatureStore, signatureFile }: SignatureSources,
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  const keys = new Map<string, Uint8Array>();
  for (const file of signatureKey) keys.set(file, await read(file));
  const stores = [];
  for (const file of signatureFile) stores.push(memoryStore(parseSignatureConfigMap(await read(file), file)));
  return releaseSignatures(release, { keys, stores, storeUrls: signatureStore, now: new Date(), signal });
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CliError((error as Error).message, 2, { cause: error });
  }
}
