import { Command, Option } from 'commander';
import type { VerifyOptions } from './check-media.js';

const NOTES = `
MEDIA is a folder with images, as "image mirror" writes it for file:// places or oci:, or an archive of "media pack". Every file
is compared with the digest that is its name, and every part of every image is looked for. --inventory writes what is there,
whole: "media diff" and "media pack" read it on the other side, so that the next archive holds only what is new.

Exit codes: 0 all is whole, 1 it cannot be read, 2 called wrongly, 4 something is missing or spoilt, 130 interrupted.

Examples:
  longshore media verify /mnt/media
  longshore media verify -o json /mnt/stick
  longshore media verify --inventory=have.json /srv/media`;

/** `longshore media verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('compare all content of media with its digests')
    .argument('<media>', 'a folder with images, or an archive')
    .addOption(new Option('-o, --output <format>', 'print it for programs').choices(['json']))
    .option('--inventory <file>', 'write down which content is there, for the other side')
    .addHelpText('after', NOTES)
    .action(async (media: string, options: VerifyOptions) => {
      const { checkMedia } = await import('./check-media.js');
      await checkMedia(media, options);
    });
}
