import { writeFile } from 'node:fs/promises';
import type { MediaReport } from '@longshore/mirror';
import { Command, Option } from 'commander';
import { alignColumns } from '../align-columns.js';
import { CliError } from '../cli-error.js';
import { EXIT } from '../image/copy-exit.js';
import { runMedia, type MediaWork } from './run-media.js';

const NOTES = `
MEDIA is a folder with images, as "image mirror" writes it for file:// places or oci:, or an archive of "media pack". Every file
is compared with the digest that is its name, and every part of every image is looked for. --inventory writes what is there,
whole: "media diff" and "media pack" read it on the other side, so that the next archive holds only what is new.

Exit codes: 0 all is whole, 1 it cannot be read, 2 called wrongly, 4 something is missing or spoilt, 130 interrupted.

Examples:
  longshore media verify /mnt/media
  longshore media verify -o json /mnt/stick
  longshore media verify --inventory=have.json /srv/media`;

const MOST_NAMED = 3;

interface VerifyOptions {
  output?: 'json';
  inventory?: string;
}

/** `longshore media verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('compare all content of media with its digests')
    .argument('<media>', 'a folder with images, or an archive')
    .addOption(new Option('-o, --output <format>', 'print it for programs').choices(['json']))
    .option('--inventory <file>', 'write down which content is there, for the other side')
    .addHelpText('after', NOTES)
    .action((media: string, options: VerifyOptions) =>
      runMedia(options.output !== undefined, async (means) => {
        const { formatOf } = await import('@longshore/mirror');
        return formatOf(media) === undefined
          ? verifyArchive(media, options, means)
          : verifyFolder(media, options, means);
      }),
    );
}

async function verifyFolder(
  dir: string,
  { output, inventory }: VerifyOptions,
  { signal, progress }: MediaWork,
): Promise<number> {
  const { binarySize, inventoryText, verifyMedia } = await import('@longshore/mirror');
  const onBytes = (done: number, total: number) => progress.bytes('checking', done, total);
  const report = await verifyMedia(dir, { signal, onBytes });
  progress.end();
  const { format, images, blobs, bytes, problems, leftOvers } = report;
  if (inventory !== undefined) await writeNew(inventory, inventoryText(report.inventory));
  if (output === 'json') print({ format, images, blobs, bytes, leftOvers, problems });
  else {
    const row = [format, images, blobs, binarySize(bytes), leftOvers, problems.length].map(String);
    printLines(alignColumns([['FORMAT', 'IMAGES', 'BLOBS', 'SIZE', 'LEFT OVER', 'PROBLEMS'], row]));
    printProblems(problems);
  }
  return problems.length > 0 ? EXIT.verification : 0;
}

async function verifyArchive(
  dir: string,
  { output, inventory }: VerifyOptions,
  { signal, progress }: MediaWork,
): Promise<number> {
  const { binarySize, MediaArchive } = await import('@longshore/mirror');
  if (inventory !== undefined) throw new CliError('--inventory is for folders: unpack the archive first', 2);
  const archive = await MediaArchive.open(dir);
  let done = 0;
  await archive.checkHeaders(signal);
  const spoilt = await archive.checkDigests(signal, (count) =>
    progress.bytes('checking', (done += count), archive.bytes),
  );
  progress.end();
  const { format, images, parts, leftOut } = archive.manifest;
  const problems = spoilt.map((name) => ({ message: `${name}: has other content than media.json says`, images: [] }));
  const counts = { images: images.length, parts: parts.length, bytes: archive.bytes, leftOut: leftOut.length };
  if (output === 'json') print({ format, ...counts, problems });
  else {
    const row = [format, counts.images, counts.parts, binarySize(counts.bytes), counts.leftOut, problems.length].map(
      String,
    );
    printLines(alignColumns([['FORMAT', 'IMAGES', 'PARTS', 'SIZE', 'LEFT OUT', 'PROBLEMS'], row]));
    printProblems(problems);
  }
  return problems.length > 0 ? EXIT.verification : 0;
}

function printProblems(problems: MediaReport['problems']): void {
  if (problems.length === 0) return;
  const rows = problems.map(({ message, images }) => {
    const more = images.length > MOST_NAMED ? ` and ${images.length - MOST_NAMED} more` : '';
    return [`${images.slice(0, MOST_NAMED).join(', ')}${more}`, message];
  });
  printLines(['', ...alignColumns([['IMAGES', 'PROBLEM'], ...rows])]);
}

function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CliError(`--inventory: ${(error as Error).message}`, 1, { cause: error });
  }
}
