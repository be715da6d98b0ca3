import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { signatureConfigMap, signatureFileName, type SignatureFileFormat } from '@longshore/mirror/signatures';
import type { Digest } from '@longshore/oci';
import { CliError } from '../../cli-error.js';
import { writeUserFile } from '../../user-file.js';

/** A release and the signatures of it. */
export interface ReleaseSignature {
  digest: Digest;
  signatures: readonly Uint8Array[];
}

/** Writes the ConfigMap of a signature into a folder (mirror.md 1.6); a dry run only tells. Errors: CliError. */
export async function writeSignature(
  { digest, signatures }: ReleaseSignature,
  { folder, format, dryRun }: { folder: string; format: SignatureFileFormat; dryRun: boolean },
): Promise<string> {
  const path = join(folder, signatureFileName(digest, format));
  if (dryRun) return `info: Write configmap signature file ${path}\n`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await writeUserFile(path, signatureConfigMap(digest, signatures, format), 0o640);
  } catch (error) {
    throw new CliError(`the signature cannot be written: ${(error as Error).message}`, 1, { cause: error });
  }
  return `Configmap signature file ${path} created\n`;
}
