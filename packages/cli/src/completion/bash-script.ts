import { casePattern } from './case-pattern.js';
import { commandPaths, type CommandWords } from './command-words.js';

/** A bash completion script. bash cuts `--config=x` into three words. */
export function bashScript(all: CommandWords): string {
  const { words, fileOptions, valueOptions } = all;
  const cases = [...words].map(([path, offers]) => `    '${path}') offers='${offers.join(' ')}' ;;`);
  return `# bash completion of longshore
_longshore() {
  local path='' offers='' before typed=\${COMP_WORDS[COMP_CWORD]} word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${path:+$path }\${COMP_WORDS[index]}
    case "$word" in
      ${casePattern(commandPaths(all))}) path=$word ;;
    esac
  done
  before=\${COMP_WORDS[COMP_CWORD - 1]}
  if [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ $typed == = ]]; then before=\${COMP_WORDS[COMP_CWORD - 1]} typed=''; fi
  case "$before" in
    ${casePattern(fileOptions)})
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$typed")
      return ;;
    ${casePattern(valueOptions)})
      COMPREPLY=()
      return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$typed")
}
complete -F _longshore longshore
`;
}
