import {
  folderSink,
  KrmFunction,
  printSink,
  ResourceListError,
  type GeneratorInput,
  type GeneratorOutput,
  type GeneratorResult,
  type ObjectSink,
} from '@longshore/edge';
import { BROKEN_PIPE } from '../../broken-pipe.js';
import { CliError } from '../../cli-error.js';
import { readUserInput, writeUserFile } from '../../user-file.js';

interface GeneratorCall {
  files: readonly string[];
  outPath?: string | undefined;
  /** Where to write what became of each input, as JSON. */
  report?: string | undefined;
  /** Inputs come from elsewhere, so standard input is none. */
  hasOtherInputs: boolean;
}

type Run = (inputs: readonly GeneratorInput[], sink: ObjectSink, output: GeneratorOutput) => GeneratorResult;

/** More than a list that kustomize hands on for ten thousand sites. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/**
 * Runs a generator on the files that are named, or, without any, as KRM function on what standard input has. Sets the exit
 * code. Errors: CliError.
 */
export async function runGenerator(call: GeneratorCall, run: Run): Promise<void> {
  const output = generatorOutput();
  const piped = call.files.length === 0 && !call.hasOtherInputs ? await pipedText() : '';
  const result = piped === '' ? runOnFiles(call, run, output) : runAsFunction(piped, run, output);
  if (call.report !== undefined) {
    await writeUserFile(call.report, `${JSON.stringify({ inputs: result.reports }, undefined, 2)}\n`);
  }
  process.exitCode = result.status;
}

/** Prints to the standard streams; ends the program when that is not possible. */
export function generatorOutput(): GeneratorOutput {
  process.stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(BROKEN_PIPE);
    process.stderr.write(`longshore: standard output: ${message}\n`);
    process.exit(1);
  });
  return {
    print: (text) => void process.stdout.write(text),
    log: (line) => void process.stderr.write(line.endsWith('\n') ? line : `${line}\n`),
  };
}

function runOnFiles({ files, outPath }: GeneratorCall, run: Run, output: GeneratorOutput): GeneratorResult {
  const sink = outPath === undefined ? printSink(output) : folderSink(outPath);
  return run(
    files.map((name) => ({ name })),
    sink,
    output,
  );
}

function runAsFunction(text: string, run: Run, output: GeneratorOutput): GeneratorResult {
  try {
    const krm = new KrmFunction(text);
    const result = run([krm.input], krm.sink, output);
    if (result.reports.every(({ ok }) => ok)) output.print(krm.result());
    else result.status ||= 1;
    return result;
  } catch (error) {
    if (error instanceof ResourceListError) throw new CliError(error.message, 1, { cause: error });
    throw error;
  }
}

async function pipedText(): Promise<string> {
  if (process.stdin.isTTY) return '';
  return (await readUserInput(process.stdin, 'standard input', MAX_LIST_BYTES)).toString('utf8');
}
