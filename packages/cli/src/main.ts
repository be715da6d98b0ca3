import { createProgram } from './program.js';
import { reportError } from './report-error.js';

try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = reportError(error, process.argv.includes('--debug'));
  process.stderr.write(text);
  // At once: what else has begun, such as other workers of a server that cannot listen, must not keep the program alive.
  process.exit(exitCode);
}
