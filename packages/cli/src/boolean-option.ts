import { InvalidArgumentError, Option } from 'commander';

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** What Go's flags take for true or false; undefined for anything else. */
export function booleanValue(text: string): boolean | undefined {
  if (TRUE.includes(text)) return true;
  return FALSE.includes(text) ? false : undefined;
}

/** A switch that may be given a value, of those that Go's flags know. */
export function booleanOption(name: string, description: string, standard: boolean): Option {
  return new Option(`--${name} [boolean]`, description).default(standard).argParser((value: string | boolean) => {
    const read = typeof value === 'boolean' ? value : booleanValue(value);
    if (read !== undefined) return read;
    throw new InvalidArgumentError('It is true or false.');
  });
}
