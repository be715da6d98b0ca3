import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand } from '../children.js';
import type { Workspace } from '../workspace.js';
import { startServer, type RunningServer, type StartOptions } from './running-server.js';

/** A server that takes part. */
export interface Contender {
  side: 'subject' | 'peer';
  /** The heading of its column. */
  label: string;
  version: string;
  /** Starts it on a storage folder and waits until it answers. */
  start(workspace: Workspace, options: StartOptions): Promise<RunningServer>;
}

/** Longshore of this checkout, or the binary that stands in for it. */
export async function subject(root: string, standIn: string | undefined): Promise<Contender> {
  return standIn === undefined ? longshore(root, 'subject', 'Longshore') : distribution('subject', standIn);
}

/** Longshore as a registry of its own. */
export function longshore(root: string, side: Contender['side'], label: string): Contender {
  const program = join(root, 'packages/cli/dist/main.js');
  return {
    side,
    label,
    version: `Longshore ${versionOf(root)}`,
    start: (workspace, options) =>
      startServer(label, workspace, options, (configFile) => ({
        file: process.execPath,
        args: [program, 'registry', 'serve', '--config', configFile],
      })),
  };
}

export function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The registry that Longshore is compared with. */
export function peer(binary = 'docker-registry'): Promise<Contender> {
  return distribution('peer', binary);
}

async function distribution(side: Contender['side'], binary: string): Promise<Contender> {
  const name = basename(binary);
  const number = /\d+\.\d+[^\s]*/.exec(await runCommand(binary, ['--version']));
  return {
    side,
    label: name,
    version: number === null ? name : `${name} ${number[0]}`,
    start: (workspace, options) =>
      startServer(name, workspace, options, (configFile) => ({ file: binary, args: ['serve', configFile] })),
  };
}
