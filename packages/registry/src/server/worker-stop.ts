import type { ToPrimary } from './messages.js';
import type { Running } from './run.js';

/**
 * Ends what a worker runs. `running`: undefined when it was never told to start. Resolves also when that fails, and says
 * so; that it could not start has been said already.
 */
export async function stopWorker(
  running: Promise<Pick<Running, 'stop'>> | undefined,
  say: (message: ToPrimary) => void,
): Promise<void> {
  const server = await running?.catch(() => undefined);
  try {
    await server?.stop();
  } catch (error) {
    say({ type: 'stop-failed', message: error instanceof Error ? error.message : String(error) });
  }
}
