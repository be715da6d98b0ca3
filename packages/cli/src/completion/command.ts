import { Argument, Command } from 'commander';
import { bashScript } from './bash-script.js';
import { commandWords } from './command-words.js';
import { zshScript } from './zsh-script.js';

const EXAMPLES = `
Examples:
  source <(longshore completion bash)
  longshore completion zsh > "\${fpath[1]}/_longshore"`;

/** `longshore completion bash|zsh`: prints a script that completes the commands of `program`. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .addHelpText('after', EXAMPLES)
    .action((shell: string) => {
      const words = commandWords(program);
      process.stdout.write(shell === 'bash' ? bashScript(words) : zshScript(words));
    });
}
