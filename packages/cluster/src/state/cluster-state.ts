import { readFileSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a running cluster says of itself in its data folder, for `longshore status` and `longshore down`. */
export interface ClusterState {
  pid: number;
  /** When the process began, in clock ticks since the machine did: tells it from a later process with the same number. */
  processStart: string;
  /** `https://127.0.0.1:6443` */
  apiUrl: string;
  /** `127.0.0.1:5000` */
  registryAddress: string;
  /** Where hosts of routes are served; `127.0.0.1:443` */
  routerAddress?: string;
  /** The operator runs the registry. */
  operator: boolean;
  version: string;
  /** RFC 3339. */
  startedAt: string;
}

const FILE = 'state.json';

/** The state of this process, when it serves these addresses. */
export function ownState(
  served: Pick<ClusterState, 'apiUrl' | 'registryAddress' | 'routerAddress' | 'operator' | 'version'>,
  now: Date,
): ClusterState {
  return { pid: process.pid, processStart: processStart(process.pid) ?? '', ...served, startedAt: now.toISOString() };
}

/** Replaces the file at once. */
export async function writeState(dataDir: string, state: ClusterState): Promise<void> {
  const path = join(dataDir, FILE);
  const file = await open(`${path}.new`, 'w', 0o644);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Says that no cluster runs on the folder any more. */
export function removeState(dataDir: string): Promise<void> {
  return rm(join(dataDir, FILE), { force: true });
}

/** The state of the cluster that runs on this folder; undefined when none does, whatever the last one left behind. */
export async function runningState(dataDir: string): Promise<ClusterState | undefined> {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const state = parseState(text);
  return state !== undefined && processStart(state.pid) === state.processStart ? state : undefined;
}

function parseState(text: string): ClusterState | undefined {
  try {
    const state = JSON.parse(text) as ClusterState;
    return Number.isSafeInteger(state.pid) && typeof state.processStart === 'string' ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined when there is no such process. */
function processStart(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets that may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
