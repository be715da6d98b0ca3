import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/** On another host one can't see whether an owner lives; after this long without a write it counts as dead. */
const FOREIGN_OWNER_PATIENCE_MS = 10 * 60_000;

const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 12);

/** How processes that share a storage tell each other apart. */
export interface Owners {
  /** This process' name, one path component. */
  readonly own: string;
  /** False when the owner is known to be gone. `modified` is when its data was last written; all in ms since the epoch. */
  lives(owner: string, modified: number, now: number): boolean;
}

/** `host.pid.start`; `start` tells apart processes that share a pid. */
const ownName = `${host}.${process.pid}.${startTime(process.pid) ?? '0'}`;

/** Processes of this machine by their name in the process table, those of others by what they wrote last. */
export const processOwners: Owners = { own: ownName, lives: ownerLives };

function ownerLives(owner: string, modified: number, now: number): boolean {
  const [ownerHost, pid, start] = owner.split('.');
  if (ownerHost !== host) return now - modified < FOREIGN_OWNER_PATIENCE_MS;
  return /^\d{1,10}$/.test(pid ?? '') && startTime(Number(pid)) === start;
}

/** Field 22 of /proc/PID/stat (proc(5)): when the process began, in clock ticks since boot. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
