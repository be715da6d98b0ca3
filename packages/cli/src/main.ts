import { createProgram } from './program.js';
import { reportError } from './report-error.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  const { text, exitCode } = reportError(error, process.argv.includes('--debug'));
  process.stderr.write(text);
  // At once: what else has begun, such as other workers of a server that cannot listen, must not keep the program alive.
  process.exit(exitCode);
}
