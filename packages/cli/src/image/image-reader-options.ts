import { Option, type Command } from 'commander';
import { withRegistryOptions, type RegistryOptions } from '../registry-access/registry-options.js';
import type { MirrorFileOptions } from './mirror-policy.js';

/** Options of each command that reads the content of images. */
export interface ImageReaderOptions extends RegistryOptions, MirrorFileOptions {
  dir: string;
}

/** Gives a command the options of {@link ImageReaderOptions}. */
export function withImageReaderOptions(command: Command): Command {
  command
    .addOption(
      new Option('--icsp-file <file>', 'ImageContentSourcePolicy that names mirrors (deprecated)').conflicts(
        'idmsFile',
      ),
    )
    .option('--idms-file <file>', 'ImageDigestMirrorSet that names mirrors, in place of registries.conf')
    .addOption(new Option('--dir <folder>', 'where file:// images are').default('.', 'this folder'));
  return withRegistryOptions(command);
}
