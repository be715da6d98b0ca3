import { parseSize, PlanError } from '@longshore/edge';
import { InvalidArgumentError } from 'commander';

/** Reads an option that is a size, into MiB. */
export function sizeOption(text: string): number {
  try {
    return parseSize(text);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new InvalidArgumentError(`${error.message}.`);
  }
}
