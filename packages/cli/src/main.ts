import { BROKEN_PIPE } from './broken-pipe.js';
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

const debug = process.argv.includes('--debug');
process.once('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
  end(error, true); // nobody expected it: the way to it is all that helps
});
try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  end(error, debug);
}

/** At once: what else has begun, such as other workers of a server that cannot listen, must not keep the program alive. */
function end(error: unknown, withStack: boolean): never {
  const { text, exitCode } = reportError(error, withStack);
  process.stderr.write(text);
  process.exit(exitCode);
}
