import { CliError } from './cli-error.js';

/** npm passes on to its child what the terminal has sent to both, so one Ctrl-C may come twice. */
const ECHO_MS = 500;

/** Where signals come from, and how the process ends: `process`, or a stand-in. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): unknown;
}

/** Calls `first` on the first Ctrl-C or SIGTERM; another one later ends the process at once with code 1. */
export function onSignal(
  first: () => void,
  source: SignalSource = process,
  now: () => number = () => performance.now(),
): void {
  let firstAt: number | undefined;
  const listener = () => {
    if (firstAt === undefined) {
      firstAt = now();
      first();
    } else if (now() - firstAt > ECHO_MS) source.exit(1);
  };
  source.on('SIGINT', listener);
  source.on('SIGTERM', listener);
}

/** A signal that aborts on the first Ctrl-C or SIGTERM, so that the work can end between two steps. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  onSignal(() => controller.abort(new CliError('interrupted; what was done so far is whole, run it again to go on')));
  return controller.signal;
}
