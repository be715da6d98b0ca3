import { Option, type Command } from 'commander';

/** How a command finds out whether a release is signed. */
export interface SignatureOptions {
  verifySignature?: boolean;
  signatureKey: string[];
  signatureStore: string[];
  signatureFile: string[];
}

/** Gives a command the options of {@link SignatureOptions}. */
export function withSignatureOptions(command: Command): Command {
  return command
    .option('--verify-signature', 'fail unless the release is signed by its own keys, or by those of --signature-key')
    .addOption(repeated('--signature-key <file>', 'OpenPGP public keys of which one must have signed'))
    .addOption(repeated('--signature-store <url>', 'where signatures are: http, https or file'))
    .addOption(repeated('--signature-file <file>', 'ConfigMap with signatures'));
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be given several times`)
    .default([], 'none')
    .argParser((value: string, before: string[]) => [...before, value]);
}
