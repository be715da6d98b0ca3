import { binarySize, formatOf } from '@longshore/mirror';
import { inventoryText, MediaArchive, verifyMedia, type MediaReport } from '@longshore/mirror/media';
import { alignColumns } from '../align-columns.js';
import { CliError } from '../cli-error.js';
import { EXIT } from '../image/copy-exit.js';
import { writeUserFile } from '../user-file.js';
import { runMedia, type MediaWork } from './run-media.js';

const MOST_NAMED = 3;

export interface VerifyOptions {
  output?: 'json';
  inventory?: string;
}

/** Compares the content of media with its digests, and tells of it. What is wrong becomes the exit code. */
export function checkMedia(media: string, options: VerifyOptions): Promise<void> {
  return runMedia(options.output !== undefined, (means) =>
    formatOf(media) === undefined ? verifyArchive(media, options, means) : verifyFolder(media, options, means),
  );
}

async function verifyFolder(
  dir: string,
  { output, inventory }: VerifyOptions,
  { signal, progress }: MediaWork,
): Promise<number> {
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
    await writeUserFile(file, text);
  } catch (error) {
    throw new CliError(`--inventory: ${(error as Error).message}`, 1, { cause: error });
  }
}
