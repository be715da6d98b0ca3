import { InvalidArgumentError, Option } from 'commander';

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** A switch that may be given a value, of those that Go's flags know. */
export function booleanOption(name: string, description: string, standard: boolean): Option {
  return new Option(`--${name} [boolean]`, description).default(standard).argParser((value: string | boolean) => {
    if (typeof value === 'boolean') return value;
    if (TRUE.includes(value)) return true;
    if (FALSE.includes(value)) return false;
    throw new InvalidArgumentError('It is true or false.');
  });
}
