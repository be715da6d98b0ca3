import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import {
  checkoutChanges,
  type CheckoutFile,
  completeIntent,
  type IntentInput,
  IntentFileError,
  parseIntentFile,
  PlanError,
  planSite,
  type SitePlan,
  TextFileError,
} from '@longshore/edge';
import { CliError } from '../cli-error.js';
import { counted } from '../counted.js';
import { writeUserFile } from '../user-file.js';
import { flagsOf, type PlanOptions, wishesOf } from './plan-options.js';
import { filesBelow, readTextFile } from './text-files.js';

/** Plans a site, writes its files where that is asked for, and tells of it. Errors: CliError, those of the file system. */
export async function planFiles(file: string | undefined, options: PlanOptions): Promise<void> {
  const plan = await planned(() => intentOf(file, options));
  const changes = [...(await outChanges(plan, options.out)), ...(await intoChanges(plan, options.into))];
  if (!options.check) await write(changes);
  process.stdout.write(options.json ? jsonText(plan, changes) : planText(plan, changes, options));
  if (options.check && changes.length > 0) process.exitCode = 1;
}

async function write(changes: readonly Change[]): Promise<void> {
  for (const { path, text } of changes) {
    await mkdir(dirname(path), { recursive: true });
    await writeUserFile(path, text);
  }
}

/** A file to write, its path as the user named its folder. */
interface Change {
  path: string;
  text: string;
}

async function planned(intent: () => Promise<IntentInput>): Promise<SitePlan> {
  try {
    return planSite(completeIntent(await intent()));
  } catch (error) {
    if (!(error instanceof PlanError || error instanceof IntentFileError)) throw error;
    throw new CliError(error.message, 2, { cause: error });
  }
}

async function intentOf(file: string | undefined, options: PlanOptions): Promise<IntentInput> {
  const fromFile = file === undefined ? {} : parseIntentFile(file, await readIntent(file));
  const wishes = wishesOf(options);
  // A flag replaces the file's partition for the same purpose.
  const kept = (fromFile.partitions ?? []).filter(({ purpose }) => !wishes.some((wish) => wish.purpose === purpose));
  return { ...fromFile, ...flagsOf(options), partitions: [...kept, ...wishes] };
}

async function readIntent(file: string): Promise<string> {
  try {
    return await readTextFile(file);
  } catch (error) {
    if (!(error instanceof TextFileError)) throw error;
    throw new CliError(`${file}: ${error.message}`, 2, { cause: error });
  }
}

async function outChanges({ files }: SitePlan, folder: string | undefined): Promise<Change[]> {
  if (folder === undefined) return [];
  const changes: Change[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    if ((await textOrNothing(path)) !== text) changes.push({ path, text });
  }
  return changes;
}

async function textOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readTextFile(path);
  } catch (error) {
    if (error instanceof TextFileError) return undefined;
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function intoChanges(plan: SitePlan, folder: string | undefined): Promise<Change[]> {
  if (folder === undefined) return [];
  const files: CheckoutFile[] = [];
  for (const path of await filesBelow([folder], ['.yaml', '.yml', '.bu'])) {
    try {
      files.push({ path: relative(folder, path).split(sep).join('/'), text: await readTextFile(path) });
    } catch (error) {
      // What is no text holds no SiteConfig.
      if (!(error instanceof TextFileError)) throw error;
    }
  }
  try {
    return checkoutChanges(files, plan).map(({ path, text }) => ({ path: join(folder, path), text }));
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new CliError(error.message, 1, { cause: error });
  }
}

function jsonText({ intent, layout, files, expectation }: SitePlan, changes: readonly Change[]): string {
  const shown = {
    intent,
    layout,
    verification: expectation,
    files: Object.fromEntries(files),
    changes: changes.map(({ path }) => path),
  };
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}

function planText({ files }: SitePlan, changes: readonly Change[], { out, into, check }: PlanOptions): string {
  const picture = files.get('disk.txt') ?? '';
  if (out === undefined && into === undefined) {
    const shown = [...files].filter(([path]) => !path.startsWith('disk.') && path !== 'verification.json');
    return [picture, ...shown.map(([path, text]) => `# ${path}\n${text}`)].join('\n');
  }
  const verb = check ? 'would write' : 'wrote';
  const lines = changes.map(({ path }) => `${verb} ${path}\n`);
  const sum =
    changes.length === 0
      ? 'everything is as planned\n'
      : `${counted(changes.length, 'file')} ${check ? 'to change' : 'changed'}\n`;
  return `${check ? '' : `${picture}\n`}${lines.join('')}${sum}`;
}
