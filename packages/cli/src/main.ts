import { BROKEN_PIPE } from './broken-pipe.js';
import { createProgram } from './program.js';
import { reportError } from './report-error.js';

process.once('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
  end(error);
});
try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  end(error);
}

/** At once: what else has begun, such as other workers of a server that cannot listen, must not keep the program alive. */
function end(error: unknown): never {
  const { text, exitCode } = reportError(error, process.argv.includes('--debug'));
  process.stderr.write(text);
  process.exit(exitCode);
}
