import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { dataDirOption } from './data-dir.js';

const NOTES = `
Running requests come to their end first. What is stored stays; the next longshore up finds it.

Examples:
  longshore down
  longshore down --data-dir var/longshore`;

const TIMEOUT_MS = 60_000;
const PAUSE_MS = 50;

/** `longshore down` */
export function downCommand(): Command {
  return new Command('down')
    .addOption(dataDirOption())
    .addHelpText('after', NOTES)
    .action(async ({ dataDir }: { dataDir: string }) => {
      const { runningState } = await import('@longshore/cluster');
      const state = await runningState(dataDir);
      if (state === undefined) {
        process.stdout.write(`no cluster runs on ${dataDir}\n`);
        return;
      }
      signal(state.pid);
      await untilGone(dataDir);
      process.stdout.write(`ended the cluster on ${dataDir}\n`);
    });
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return;
    throw new CliError(`cannot end process ${pid}: ${message}`, 1, { cause: error });
  }
}

async function untilGone(dataDir: string): Promise<void> {
  const { runningState } = await import('@longshore/cluster');
  const end = Date.now() + TIMEOUT_MS;
  for (let state = await runningState(dataDir); state !== undefined; state = await runningState(dataDir)) {
    if (Date.now() > end) {
      throw new CliError(`process ${state.pid} has not ended after ${TIMEOUT_MS / 1000} s; see its log`);
    }
    await sleep(PAUSE_MS);
  }
}
