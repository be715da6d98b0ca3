import { Argument, Command } from 'commander';

/** `longshore completion bash|zsh`: a script that completes commands and options. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .addHelpText('after', '\nExamples:\n  source <(longshore completion bash)\n  longshore completion zsh > "${fpath[1]}/_longshore"')
    .action((shell: string) => {
      process.stdout.write(shell === 'bash' ? bashScript(program) : zshScript(program));
    });
}

/** What may follow each command, by its path: `registry gc` -> options and subcommands. */
export function completions(command: Command, path: string[] = []): Map<string, string[]> {
  const words = [
    ...command.commands.map((child) => child.name()),
    ...command.options.flatMap((option) => (option.long ? [option.long] : [])),
    ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    '--help',
  ];
  const all = new Map([[path.join(' '), words]]);
  for (const child of command.commands) {
    for (const [key, value] of completions(child, [...path, child.name()])) all.set(key, value);
  }
  return all;
}

function cases(program: Command): string {
  return [...completions(program)].map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');
}

/** The commands typed so far are the words that are no options; a word behind `--config` and the like is a file. */
function bashScript(program: Command): string {
  return `# bash completion of longshore
_longshore() {
  local path='' word words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    [[ $word == -* ]] && break
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases(program)}
  esac
  if [[ \${COMP_WORDS[COMP_CWORD - 1]} == --config ]]; then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _longshore longshore
`;
}

function zshScript(program: Command): string {
  return `#compdef longshore
# zsh completion of longshore
_longshore() {
  local typed='' word index
  for ((index = 2; index < CURRENT; index++)); do
    word="$words[index]"
    [[ $word == -* ]] && break
    typed="\${typed:+$typed }$word"
  done
  local -a offers
  case "$typed" in
${cases(program).replaceAll("words='", "offers=(").replaceAll("' ;;", ') ;;')}
  esac
  if [[ $words[CURRENT-1] == --config ]]; then _files; else compadd -- $offers; fi
}
_longshore "$@"
`;
}
