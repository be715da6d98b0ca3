import { CliError } from '../cli-error.js';
import { EXIT, exitCodeOf } from '../image/copy-exit.js';
import { Progress } from '../progress.js';
import { interruption } from '../signals.js';
import { visible } from '../visible.js';

/** What a command works with. */
export interface MediaWork {
  signal: AbortSignal;
  progress: Progress;
}

/** Does work with media until Ctrl-C. Failures are told, and become the exit code; so does what `work` returns. */
export async function runMedia(quiet: boolean, work: (means: MediaWork) => Promise<number>): Promise<void> {
  const signal = interruption();
  const progress = new Progress({ quiet });
  try {
    process.exitCode = await work({ signal, progress });
  } catch (error) {
    progress.end();
    if (error instanceof CliError && !signal.aborted) throw error;
    process.stderr.write(`error: ${visible((error as Error).message)}\n`);
    process.exitCode = signal.aborted ? EXIT.interrupted : exitCodeOf(error);
  } finally {
    progress.end();
  }
}
