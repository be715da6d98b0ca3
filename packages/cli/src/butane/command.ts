import type { Diagnostic } from '@longshore/ignition';
import { type Command, Option } from 'commander';
import { ownVersion } from '../own-version.js';
import { systemWords } from '../system-words.js';
import { wantsColor } from './color.js';
import { UsageCommand } from './usage-command.js';

interface Options {
  all?: boolean;
  check?: boolean;
  color?: string;
  colour?: string;
  filesDir?: string;
  input?: string;
  output?: string;
  pretty?: boolean;
  raw?: boolean;
  rawErrors?: boolean;
  strict?: boolean;
}

const NOTES = `
Exit codes: 0 done, 1 the config is wrong or cannot be read, 2 called wrongly.

Examples:
  longshore butane --pretty --strict storage.bu
  longshore butane --files-dir files --output storage.ign storage.bu
  longshore butane --all --check < storage.bu
  longshore ignition schema fcos 1.3.0 > butane.schema.json`;

/** `longshore butane`: the reference's flags, output and exit codes (edge.md 1.9), and `--all`. */
export function butaneCommand(): Command {
  return new UsageCommand('butane')
    .description('translate a Butane config to Ignition JSON, or to a MachineConfig for variant openshift')
    .argument('[input-file]', 'the Butane config; otherwise standard input')
    .version(ownVersion(), '-V, --version', 'print the version and exit')
    .option('-c, --check', 'check config without producing output')
    .addOption(colorOption('color'))
    .addOption(colorOption('colour').hideHelp())
    .option('-d, --files-dir <dir>', 'allow embedding local files from this directory')
    .option('-o, --output <file>', 'write to output file instead of stdout')
    .option('-p, --pretty', 'output formatted json')
    .option('-r, --raw', 'never wrap in a MachineConfig; force Ignition output')
    .option('--raw-errors', 'show raw errors, rather than pretty printing them')
    .option('-s, --strict', 'fail on any warning')
    .option('--all', 'tell the problems of all stages at once, and unknown keys as errors, with hints')
    .addOption(new Option('--input <file>', 'read from input file instead of stdin').hideHelp())
    .addHelpText('after', NOTES)
    .action(async (file: string | undefined, options: Options, command: Command) => {
      const input = inputOf(file, options, command);
      await translate(input, options);
    });
}

/** Its value may be left out, which means `always`. */
function colorOption(name: string): Option {
  return new Option(`--${name} [when]`, 'control color output: auto, always, never').preset('always');
}

/** The file to read: named by itself, or by `--input`. */
function inputOf(file: string | undefined, options: Options, command: Command): string | undefined {
  const files = [options.input, file].filter((name) => name !== undefined);
  if (files.length > 1) command.error('error: there can be one input file only', { exitCode: 2 });
  if (options.input !== undefined) {
    process.stderr.write('Flag --input has been deprecated, specify filename directly on command line\n');
  }
  return files[0];
}

async function translate(path: string | undefined, options: Options): Promise<void> {
  const [{ transpile }, { readInputFile }, { LocalDirectory }] = await Promise.all([
    import('@longshore/ignition'),
    import('./input-file.js'),
    import('./local-directory.js'),
  ]);
  const { name, bytes } = await readInputFile(path);
  const { filesDir, all = false, raw = false, pretty = false } = options;
  const files = filesDir === undefined ? {} : { files: new LocalDirectory(filesDir) };
  const { output = '', report, failure } = transpile(bytes, { ...files, all, raw, pretty });
  await printReport(report, { name, text: bytes.toString('utf8') }, options);
  if (failure !== undefined) return fail(`Error translating config: ${failure}`);
  if (options.strict && report.length > 0) return fail('Config produced warnings and --strict was specified');
  if (options.check) return;
  if (options.output === undefined) process.stdout.write(output);
  else await writeOutput(options.output, output);
}

/** What could not be read is told in the last line, as the reference does; with `--all` also where. */
async function printReport(
  report: Diagnostic[],
  { name, text }: { name: string; text: string },
  { all = false, rawErrors, color, colour }: Options,
): Promise<void> {
  const { formatDiagnostic, formatExcerpts } = await import('@longshore/ignition');
  const shown = report.filter(({ stage }) => all || (stage !== 'read' && stage !== 'decode'));
  if (rawErrors) {
    process.stderr.write(shown.map((entry) => `${formatDiagnostic(entry)}\n`).join(''));
    return;
  }
  const surroundings = { NO_COLOR: process.env['NO_COLOR'], isTerminal: process.stderr.isTTY };
  const colors = wantsColor(color ?? colour ?? 'auto', surroundings);
  process.stderr.write(formatExcerpts(shown, { file: name, text, color: colors, hints: all }));
}

async function writeOutput(path: string, output: string): Promise<void> {
  const { writeUserFile } = await import('../user-file.js');
  try {
    await writeUserFile(path, output, 0o644);
  } catch (error) {
    const { message, cause } = error as Error;
    const isOpening = (cause as NodeJS.ErrnoException).syscall === 'open';
    fail(isOpening ? `failed to open ${path}: ${systemWords(cause, path)}` : message);
  }
}

function fail(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
