import { SignatureError } from '@longshore/mirror';
import type { Release } from '@longshore/mirror/release';
import {
  LARGEST_KEYRING,
  LARGEST_SIGNATURE_FILE,
  memoryStore,
  parseSignatureConfigMap,
  releaseSignatures,
} from '@longshore/mirror/signatures';
import { CliError } from '../../cli-error.js';
import { EXIT } from '../../image/copy-exit.js';
import { note } from '../../note.js';
import { readUserFile } from '../../user-file.js';
import type { SignatureOptions, SignatureSources } from './signature-options.js';

/**
 * Does nothing unless it is asked for. Errors: CliError, with 4 when nothing vouches for the release, also for files that cannot be
 * read and for options that would do nothing.
 */
export async function checkSignature(release: Release, options: SignatureOptions, signal: AbortSignal): Promise<void> {
  const { verifySignature = false, signatureKey, signatureStore, signatureFile } = options;
  if (!verifySignature) {
    if (signatureKey.length + signatureStore.length + signatureFile.length === 0) return;
    throw new CliError('--signature-key, --signature-store and --signature-file are for --verify-signature', 2);
  }
  try {
    await verifiedSignatures(release, options, { onNote: note, signal });
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    throw new CliError(error.message, EXIT.verification, { cause: error });
  }
}

/** The signatures that vouch for a release. Errors: SignatureError when there is none, CliError for files that cannot be read. */
export async function verifiedSignatures(
  release: Release,
  { signatureKey, signatureStore, signatureFile }: SignatureSources,
  reading: { onNote: (note: string) => void; signal: AbortSignal },
): Promise<Uint8Array[]> {
  const keys = new Map<string, Uint8Array>();
  for (const file of signatureKey) keys.set(file, await readUserFile(file, LARGEST_KEYRING));
  const stores = [];
  for (const file of signatureFile)
    stores.push(memoryStore(parseSignatureConfigMap(await readUserFile(file, LARGEST_SIGNATURE_FILE), file)));
  return releaseSignatures(release, { keys, stores, storeUrls: signatureStore, now: new Date(), ...reading });
}
