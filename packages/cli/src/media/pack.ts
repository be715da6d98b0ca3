import { Command, InvalidArgumentError, Option } from 'commander';

const NOTES = `
Writes media-000.tar, media-001.tar ... and, last, media.json, which tells what is in them, with sizes and digests: an archive
without it is not whole. No part is larger than --part-size; the default is the largest file that FAT holds. All content is
compared with its digest on its way. Run it again when it was interrupted: parts that are there stay.

With --have, an inventory that "media verify --inventory" wrote on the other side, content that is there already is left out.

Exit codes: 0 done, 1 failed, 2 called wrongly, 4 content is missing or spoilt, 6 no space, 130 interrupted.

Examples:
  longshore media pack media /mnt/stick
  longshore media pack --part-size=4G media /mnt/stick
  longshore media pack --have=have.json media /mnt/stick`;

/** The largest file of FAT32. */
const FAT_FILE = 4 * 1024 ** 3 - 1;
const SIZE = /^(\d{1,15})(?:([kMGT])(i?))?$/;
const POWERS: Readonly<Record<string, number>> = { k: 1, M: 2, G: 3, T: 4 };

interface PackOptions {
  partSize: number;
  have?: string;
}

/** `longshore media pack` */
export function packCommand(): Command {
  return new Command('pack')
    .description('pack a folder with images into files to be carried')
    .argument('<media>', 'a folder with images')
    .argument('<archive>', 'a folder for the archive, on a disk of any kind')
    .addOption(
      new Option('--part-size <bytes>', 'the largest file that is written, such as 650M, 4G, 2Gi')
        .default(FAT_FILE, '4Gi less one byte')
        .argParser(readSize),
    )
    .option('--have <inventory>', 'what the other side has, which is left out')
    .addHelpText('after', NOTES)
    .action(async (media: string, archive: string, { partSize, have }: PackOptions) => {
      const { runMedia } = await import('./run-media.js');
      await runMedia(false, async ({ signal, progress }) => {
        const { binarySize } = await import('@longshore/mirror');
        const { counted } = await import('../counted.js');
        const { packMedia, readInventory } = await import('@longshore/mirror/media');
        const { images, parts, leftOut } = await packMedia(media, archive, {
          partBytes: partSize,
          have: have === undefined ? undefined : await readInventory(have),
          signal,
          onBytes: (done, total) => progress.bytes('packing', done, total),
          onPart: ({ name, size, digest }) => process.stdout.write(`${digest} ${name} ${binarySize(size)}\n`),
        });
        progress.end();
        const bytes = parts.reduce((sum, { size }) => sum + size, 0);
        const left = leftOut.length === 0 ? '' : `; ${counted(leftOut.length, 'blob')} left out`;
        process.stderr.write(
          `info: Packed ${counted(images.length, 'image')} into ${counted(parts.length, 'part')}, ${binarySize(bytes)}${left}\n`,
        );
        return 0;
      });
    });
}

function readSize(text: string): number {
  const [, digits, unit = '', binary = ''] = SIZE.exec(text) ?? [];
  const value = Number(digits) * (binary === '' ? 1000 : 1024) ** (POWERS[unit] ?? 0);
  if (value >= 1024 ** 2 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It is a size of at least 1Mi, such as 650M, 4G, 2Gi.');
}
