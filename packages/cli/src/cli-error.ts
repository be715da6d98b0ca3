/** A failure that the command explains in one line; no stack is of interest. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code = 'CLI_FAILED';

  constructor(
    message: string,
    /** 2: called wrongly; 4: nothing vouches for what was read; 1: any other failure. */
    readonly exitCode: 1 | 2 | 4 = 1,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
