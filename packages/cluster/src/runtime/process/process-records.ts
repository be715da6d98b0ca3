import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '@longshore/kube';
import { isRunning, signalProcess, type ProcessIdentity } from './process-identity.js';

/** Which processes run, on disk: what is left of a cluster that was killed is found and ended at the next start. */
export class ProcessRecords {
  constructor(private readonly folder: string) {}

  async add(process: ProcessIdentity): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeFile(this.fileOf(process.pid), JSON.stringify(process), { mode: 0o600 });
  }

  async remove(pid: number): Promise<void> {
    await rm(this.fileOf(pid), { force: true });
  }

  /** Kills the process groups that are recorded and still there; returns how many. */
  async endAll(): Promise<number> {
    const names = await readdir(this.folder).catch(() => []);
    let ended = 0;
    for (const name of names) {
      const path = join(this.folder, name);
      const record = read(await readFile(path, 'utf8').catch(() => ''));
      if (record !== undefined && (await isRunning(record)) && signalProcess(-record.pid, 'SIGKILL')) ended++;
      await rm(path, { force: true });
    }
    return ended;
  }

  private fileOf(pid: number): string {
    return join(this.folder, `${pid}.json`);
  }
}

function read(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return undefined;
    const { pid, startTicks } = value;
    const isWhole = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 && typeof startTicks === 'string';
    return isWhole ? { pid, startTicks } : undefined;
  } catch {
    return undefined;
  }
}
