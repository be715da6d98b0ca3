import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { removeStaleSocket } from './stale-socket.js';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder('stale');
});

/** What a server leaves behind that is killed while it listens. */
function killedServer(path: string): void {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
}

describe('removeStaleSocket', () => {
  it('removes a socket whose server was killed', async () => {
    const path = join(folder, 'registry.sock');
    killedServer(path);
    expect(existsSync(path)).toBe(true);
    await removeStaleSocket(path);
    expect(existsSync(path)).toBe(false);
  });

  it('leaves a socket on which somebody listens', async () => {
    const path = join(folder, 'registry.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    await removeStaleSocket(path);
    expect(existsSync(path)).toBe(true);
    server.close();
  });

  it('leaves any other file', async () => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    await removeStaleSocket(path);
    expect(existsSync(path)).toBe(true);
  });

  it('has nothing to do where nothing is', async () => {
    await expect(removeStaleSocket(join(folder, 'absent'))).resolves.toBeUndefined();
  });
});
