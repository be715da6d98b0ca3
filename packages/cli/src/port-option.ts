import { InvalidArgumentError } from 'commander';

/** Reads a port of a command line. Errors: InvalidArgumentError. */
export function parsePort(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value < 65_536) return value;
  throw new InvalidArgumentError('write a number from 0 to 65535');
}
