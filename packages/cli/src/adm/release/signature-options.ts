import type { Command } from 'commander';
import { repeatedOption } from '../../repeated-option.js';

/** Who vouches for a release, and where his signatures are; in place of those that the release itself names. */
export interface SignatureSources {
  signatureKey: string[];
  signatureStore: string[];
  signatureFile: string[];
}

/** How a command finds out whether a release is signed. */
export interface SignatureOptions extends SignatureSources {
  verifySignature?: boolean;
}

/** Gives a command the options of {@link SignatureSources}. */
export function withSignatureSources(command: Command): Command {
  return command
    .addOption(repeatedOption('--signature-key <file>', 'OpenPGP public keys of which one must have signed'))
    .addOption(repeatedOption('--signature-store <url>', 'where signatures are: http, https or file'))
    .addOption(repeatedOption('--signature-file <file>', 'ConfigMap with signatures'));
}

/** Gives a command the options of {@link SignatureOptions}. */
export function withSignatureOptions(command: Command): Command {
  return withSignatureSources(
    command.option(
      '--verify-signature',
      'fail unless the release is signed by its own keys, or by those of --signature-key',
    ),
  );
}
