#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CliError } from './cli-error.js';
import { createProgram } from './program.js';

/** Exit codes: 0 done; 1 failed, or found what it looked for to be wrong; 2 called wrongly. */
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = process.argv.includes('--debug');
  if (error instanceof Error) process.stderr.write(`longshore: ${debug ? (error.stack ?? error.message) : error.message}\n`);
  else process.stderr.write(`longshore: ${String(error)}\n`);
  return error instanceof CliError ? error.exitCode : 1;
}
