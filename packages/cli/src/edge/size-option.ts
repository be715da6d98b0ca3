import type { PlanError } from '@longshore/edge';
import { parseSize } from '@longshore/edge/size';
import { InvalidArgumentError } from 'commander';

/** Reads an option that is a size, into MiB. */
export function sizeOption(text: string): number {
  try {
    return parseSize(text);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as PlanError).message}.`);
  }
}
