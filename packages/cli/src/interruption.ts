import { CliError } from './cli-error.js';

/** A signal that aborts on the first Ctrl-C or SIGTERM, so that the work can end between two steps. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new CliError('interrupted; what was done so far is whole, run it again to go on'));
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  return controller.signal;
}
