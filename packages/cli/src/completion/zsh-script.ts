import { casePattern } from './case-pattern.js';
import { commandPaths, type CommandWords } from './command-words.js';

/** A zsh completion script: to be sourced, or put as `_longshore` into a folder of fpath. */
export function zshScript(all: CommandWords): string {
  const { words, fileOptions, valueOptions } = all;
  const cases = [...words].map(([path, offers]) => `    '${path}') offers=(${offers.join(' ')}) ;;`);
  return `#compdef longshore
# zsh completion of longshore
_longshore() {
  local typed='' word index
  local -a offers
  for ((index = 2; index < CURRENT; index++)); do
    word="\${typed:+$typed }\${words[index]}"
    case "$word" in
      ${casePattern(commandPaths(all))}) typed="$word" ;;
    esac
  done
  case "\${words[CURRENT - 1]}" in
    ${casePattern(fileOptions)}) _files; return ;;
    ${casePattern(valueOptions)}) return ;;
  esac
  case "$typed" in
${cases.join('\n')}
  esac
  compadd -- $offers
}
if [[ \${funcstack[1]} == _longshore ]]; then
  _longshore "$@"
else
  compdef _longshore longshore
fi
`;
}
