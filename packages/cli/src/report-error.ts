import { CommanderError } from 'commander';
import { CliError } from './cli-error.js';

/** What is left to print of an error, and the exit code that goes with it. */
export interface ErrorReport {
  /** Lines for standard error, each with its line feed; empty when it has been said already. */
  text: string;
  exitCode: number;
}

/**
 * Tells how the program ends with an error: 1 failed, 2 called or configured wrongly, 0 for `--help` and `--version`. Lines
 * about a configuration begin with `file:line:column:`, as editors expect it.
 */
export function reportError(error: unknown, debug: boolean): ErrorReport {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  const isUsage = isConfigError(error) || hasCode(error, 'USAGE');
  const exitCode = isUsage ? 2 : error instanceof CliError ? error.exitCode : 1;
  if (!(error instanceof Error)) return { text: `longshore: ${String(error)}\n`, exitCode };
  if (debug) return { text: `longshore: ${stackOf(error)}\n`, exitCode };
  return { text: isConfigError(error) ? `${error.message}\n` : `longshore: ${error.message}\n`, exitCode };
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

/** By its code, as the class would load the whole registry. */
function isConfigError(error: unknown): boolean {
  return hasCode(error, 'CONFIG_INVALID');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === code;
}
