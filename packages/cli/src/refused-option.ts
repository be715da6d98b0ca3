import { InvalidArgumentError, Option } from 'commander';

/** An option that people know from another program and that we do not have. @param why a sentence that says what to do instead */
export function refusedOption(flags: string, why: string): Option {
  return new Option(flags, `refused: ${why}`)
    .hideHelp()
    .preset('')
    .argParser(() => {
      throw new InvalidArgumentError(why);
    });
}
