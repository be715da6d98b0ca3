import type { Command, Option } from 'commander';

/** What a shell may offer behind each command and option. */
export interface CommandWords {
  /** Subcommands, options and choices by the command's path: `registry gc`; the program itself is the empty path. */
  words: Map<string, string[]>;
  /** Options whose value is a file. */
  fileOptions: string[];
  /** Options with any other value. */
  valueOptions: string[];
}

/** Collects the words of a command and of all below it. */
export function commandWords(program: Command): CommandWords {
  const words = new Map<string, string[]>();
  const options: Option[] = [];
  const visit = (command: Command, path: string[]) => {
    words.set(path.join(' '), wordsOf(command, path.length === 0));
    options.push(...command.options.filter(takesValue));
    for (const child of command.commands) visit(child, [...path, child.name()]);
  };
  visit(program, []);
  return {
    words,
    fileOptions: namesOf(options.filter(takesFile)),
    valueOptions: namesOf(options.filter((option) => !takesFile(option))),
  };
}

/** Paths of commands other than the program's own. */
export function commandPaths({ words }: CommandWords): string[] {
  return [...words.keys()].filter((path) => path !== '');
}

function wordsOf(command: Command, isProgram: boolean): string[] {
  return [
    ...command.commands.map((child) => child.name()),
    ...(isProgram ? ['help'] : []),
    ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    ...namesOf(command.options),
    '--help',
  ];
}

const takesValue = ({ required }: Option) => required;
const takesFile = (option: Option) => /<(file|htpasswd|dir)>/.test(option.flags);
const namesOf = (options: readonly Option[]) => [...new Set(options.flatMap(({ long }) => (long ? [long] : [])))];
