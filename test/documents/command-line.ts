import type { Command, Option } from 'commander';

/** Cuts a line into words as a shell does, as far as documents need it: quotes, no substitutions. */
export function shellWords(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/["']/g, ''));
}

/**
 * Looks a call of `longshore` up in the program's commands without running it. `part`: prose may name a command without
 * what it needs. Returns what is wrong, undefined when nothing is.
 */
export function checkCommand(program: Command, words: readonly string[], extent: 'whole' | 'part'): string | undefined {
  const wrong = (what: string) => `${words.join(' ')}: ${what}`;
  const rest = words.slice(1);
  if (rest[0] === 'help') return undefined;
  const given: Option[] = [];
  let command = program;
  let values = 0;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--help' || word === '-h') return undefined;
    if (word.startsWith('-') && word !== '-') {
      const [name = '', value] = word.split(/=(.*)/s);
      const option = [...command.options, ...program.options].find(
        ({ long, short }) => long === name || short === name,
      );
      if (!option) return wrong(`"${command.name()}" has no option ${name}`);
      if (option.required && value === undefined && rest.shift() === undefined) return wrong(`${name} needs a value`);
      given.push(option);
      continue;
    }
    const child: Command | undefined = command.commands.find((each) => each.name() === word);
    const last = command.registeredArguments.at(-1);
    const argument = command.registeredArguments[values] ?? (last?.variadic === true ? last : undefined);
    if (child) command = child;
    else if (!argument) return wrong(`"${command.name()}" has no command or argument "${word}"`);
    else if (argument.argChoices && !argument.argChoices.includes(word)) return wrong(`"${word}" is no choice`);
    else values += 1;
  }
  if (extent === 'part') return undefined;
  if (command.commands.length > 0 && given.length === 0) return wrong(`"${command.name()}" needs a command`);
  if (values < command.registeredArguments.filter(({ required }) => required).length) return wrong('too few arguments');
  const absent = command.options.find((option) => option.mandatory && !given.includes(option));
  return absent && wrong(`${absent.long ?? absent.flags} is required`);
}
