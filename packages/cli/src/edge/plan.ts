import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
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
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { counted } from '../counted.js';
import { bindOption, flagsOf, keptOption, type PlanOptions, waveOption, wishesOf, wishOption } from './plan-options.js';
import { sizeOption } from './size-option.js';
import { filesBelow, readTextFile } from './text-files.js';

const NOTES = `
A partition is wished as SIZE, as SIZE@START, as "rest" (all behind the root), or as rest@START: 102500MiB, rest@250GiB.
Flags win over the intent file.

Without --out and --into the plan is only printed. Exits with 1 when --check finds something to change.

Examples:
  longshore edge plan --cluster sno-a --disk /dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0 --containers rest@250000MiB
  longshore edge plan --cluster sno-a --disk 0x6b07b250ebb9d0002a33509f24af1f62 --disk-size 457344MiB --registry 102500MiB --out site/
  longshore edge plan intent.yaml --into ~/sites
  longshore edge plan intent.yaml --into ~/sites --check`;

/** `longshore edge plan` */
export function planCommand(): Command {
  return new Command('plan')
    .summary('plan the disk of an edge site and all that follows from it')
    .description(
      'plan the disk of an edge site: Butane, Ignition, node fields, registry policies, a picture, and what to verify',
    )
    .argument('[intent]', 'YAML file with what is wanted')
    .option('--site <name>', 'name of the site (default: that of the cluster)')
    .option('--cluster <name>', 'name of the cluster')
    .option('--node <host>', 'host name of the node, when the cluster has several')
    .option('--disk <name>', 'installation disk, by path or by WWN')
    .option('--disk-size <size>', 'size of the disk, such as 457344MiB', sizeOption)
    .option('--root-min <size>', 'the least that the root partition keeps (default: 120GiB)', sizeOption)
    .option('--containers <wish>', 'partition for /var/lib/containers', wishOption)
    .option('--registry <wish>', 'partition for the image registry, with its policies', wishOption)
    .option('--preserve <label:size>', 'pre-cached partition at the end of the disk, to be kept', keptOption)
    .option('--wave <number>', 'wave of the first registry policy (default: the waves of the source CRs)', waveOption)
    .addOption(new Option('--target <kind>', 'what installs the site').choices(['siteconfig', 'clusterinstance']))
    .option('--policy-name <name>', 'name of the policies (default: that of the site)')
    .option('--namespace <name>', 'namespace of the policies (default: ztp-site)')
    .option(
      '--bind <label=value>',
      'label of the clusters that get the policies (default: sites=SITE); repeatable',
      bindOption,
    )
    .option('--out <folder>', 'write the files of the plan there')
    .option('--into <folder>', 'change the Git checkout there, keeping comments and order')
    .option('--check', 'change nothing; tell what --out or --into would change')
    .option('--json', 'print plan and changes as JSON')
    .addHelpText('after', NOTES)
    .action(async (file: string | undefined, options: PlanOptions) => {
      if (options.check && options.out === undefined && options.into === undefined) {
        throw new CliError('--check needs --out or --into: the folder to look at', 2);
      }
      const plan = await planned(() => intentOf(file, options));
      const changes = [...(await outChanges(plan, options.out)), ...(await intoChanges(plan, options.into))];
      if (!options.check) for (const change of changes) await writeWhole(change);
      process.stdout.write(options.json ? jsonText(plan, changes) : planText(plan, changes, options));
      if (options.check && changes.length > 0) process.exitCode = 1;
    });
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

/** A file appears whole or not at all. */
async function writeWhole({ path, text }: Change): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CliError(`cannot write ${path}: ${(error as Error).message}`, 1, { cause: error });
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
