import { InvalidArgumentError } from 'commander';

/** Reads how much is done at the same time. Errors: InvalidArgumentError. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number from 1 to 999.');
}
