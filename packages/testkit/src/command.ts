import { join } from 'node:path';
import { runProgram, type ProgramOptions, type ProgramResult } from './program.js';

/** The file that starts the `longshore` command. */
export const LONGSHORE = join(import.meta.dirname, '../../cli/bin/longshore.js');

/** Runs `longshore` to its end. Errors: as `runProgram`. */
export function runLongshore(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return runProgram(process.execPath, [LONGSHORE, ...args], options);
}
