import { Option } from 'commander';

/** An option that may be given several times; its values are a list. */
export function repeatedOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be given several times`)
    .default([], 'none')
    .argParser((value: string, before: string[]) => [...before, value]);
}
