import { Command, Option } from 'commander';
import { alignColumns } from '../align-columns.js';
import { counted } from '../counted.js';

const NOTES = `
The inventory is what "media verify --inventory" wrote on the other side. Images are compared by name; content by digest, so a
layer that the other side has in any image is not carried again.

Exit codes: 0 compared, whatever was found, 1 failed, 2 called wrongly, 4 the media lack something, 130 interrupted.

Examples:
  longshore media diff --have=have.json media
  longshore media diff --have=have.json -o json media`;

interface DiffOptions {
  have: string;
  output?: 'json';
}

/** `longshore media diff` */
export function diffCommand(): Command {
  return new Command('diff')
    .description('tell what media have that the other side does not')
    .argument('<media>', 'a folder with images')
    .requiredOption('--have <inventory>', 'what the other side has')
    .addOption(new Option('-o, --output <format>', 'print it for programs').choices(['json']))
    .addHelpText('after', NOTES)
    .action(async (media: string, { have, output }: DiffOptions) => {
      const { runMedia } = await import('./run-media.js');
      await runMedia(output !== undefined, async ({ signal }) => {
        const { binarySize } = await import('@longshore/mirror');
        const { diffMedia, readInventory } = await import('@longshore/mirror/media');
        const difference = await diffMedia(media, await readInventory(have), signal);
        const { images, unchanged, toCarry, shared } = difference;
        const carried = { blobs: toCarry.length, bytes: toCarry.reduce((sum, { size }) => sum + size, 0) };
        if (output === 'json') {
          process.stdout.write(`${JSON.stringify({ images, unchanged, carried, shared, toCarry }, undefined, 2)}\n`);
          return 0;
        }
        const rows = images.map(({ name, change, digest }) => [change.toUpperCase(), name, digest]);
        const lines = images.length === 0 ? [] : alignColumns([['CHANGE', 'IMAGE', 'DIGEST'], ...rows]);
        const counts = [
          `Unchanged: ${counted(unchanged, 'image')}.`,
          `To carry: ${counted(carried.blobs, 'blob')}, ${binarySize(carried.bytes)}; the other side has ${shared.blobs}, ${binarySize(shared.bytes)}.`,
        ];
        process.stdout.write([...lines, ...counts].map((line) => `${line}\n`).join(''));
        return 0;
      });
    });
}
