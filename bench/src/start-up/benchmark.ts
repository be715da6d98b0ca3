/** CPU time until short commands have ended, and until a mirroring sends its first request: `npm run bench -- start-up`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The best of so many runs counts: others use the machine, too. */
const RUNS = 20;
/** Ends the program at its first connection, and tells at the end what it took. */
const PROBE = `
  import { subscribe } from 'node:diagnostics_channel';
  import { writeSync } from 'node:fs';
  subscribe('net.client.socket', () => process.exit());
  process.on('exit', () => writeSync(3, JSON.stringify(process.cpuUsage())));`;

const GOALS: [goalMs: number, ...args: string[]][] = [
  [120, '--version'],
  [120, '--help'],
  [150, 'image', 'mirror', '--help'],
  [200, 'image', 'mirror', '--dry-run', 'localhost:1/app:v1', 'oci:app'],
];

/** Runs it and prints what it took. Returns the exit status: 1 when a goal was not reached. */
export function runStartUpBenchmark(root: string): number {
  const program = join(root, 'packages/cli/bin/longshore.js');
  print('node alone', best('--eval', '0'));
  let missed = 0;
  for (const [goal, ...args] of GOALS) {
    const took = best(program, ...args);
    if (took > goal) missed++;
    print(`longshore ${args.join(' ')}`, took, `at most ${goal} ms  ${took > goal ? 'missed' : 'reached'}`);
  }
  return missed === 0 ? 0 : 1;
}

function best(...args: string[]): number {
  return Math.min(...Array.from({ length: RUNS }, () => cpuMs(args)));
}

function cpuMs(args: readonly string[]): number {
  const probe = `data:text/javascript,${encodeURIComponent(PROBE)}`;
  const { output } = spawnSync(process.execPath, ['--import', probe, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const { user, system } = JSON.parse(String(output[3])) as NodeJS.CpuUsage;
  return Math.round((user + system) / 1000);
}

function print(title: string, ms: number, more = ''): void {
  process.stdout.write(`${title.padEnd(66)} ${String(ms).padStart(5)} ms   ${more}`.trimEnd() + '\n');
}
