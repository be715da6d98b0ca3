import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand } from '../children.js';

/** A server that takes part. */
export interface Contender {
  side: 'subject' | 'peer';
  /** The heading of its column. */
  label: string;
  version: string;
  command(configFile: string): { file: string; args: string[] };
}

/** Longshore of this checkout, or the binary that stands in for it. */
export async function subject(root: string, standIn: string | undefined): Promise<Contender> {
  if (standIn !== undefined) return distribution('subject', standIn);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const program = join(root, 'packages/cli/dist/main.js');
  return {
    side: 'subject',
    label: 'Longshore',
    version: `Longshore ${version}`,
    command: (configFile) => ({
      file: process.execPath,
      args: [program, 'registry', 'serve', '--config', configFile],
    }),
  };
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
    command: (configFile) => ({ file: binary, args: ['serve', configFile] }),
  };
}
