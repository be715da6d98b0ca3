import { InvalidArgumentError, Option } from 'commander';

/** An option whose value is a whole number from 1 on. */
export function countOption(flags: string, description: string, most: number): Option {
  return new Option(flags, description).argParser((text: string) => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`It is a whole number from 1 to ${most}.`);
  });
}
