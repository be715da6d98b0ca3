import { readFile } from 'node:fs/promises';

/** A process that is not mistaken for another which got its number later. */
export interface ProcessIdentity {
  pid: number;
  /** When it began, in ticks since the machine did (`/proc/PID/stat`, field 22). */
  startTicks: string;
}

/** Undefined when there is no such process (any more). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    return { pid, startTicks: startTicksOf(await readFile(`/proc/${pid}/stat`, 'utf8')) };
  } catch {
    return undefined;
  }
}

/** The second field, a name in brackets, may hold blanks and brackets. */
function startTicksOf(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

export async function isRunning({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.startTicks === startTicks;
}

/** Sends a signal to a process, or to its group when the number is negative; false when there is none. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
