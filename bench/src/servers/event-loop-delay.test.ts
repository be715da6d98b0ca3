import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socketPath, worstEventLoopDelay } from './event-loop-delay.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'longshore-loop-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('worstEventLoopDelay', () => {
  it('reads what a process answers, in milliseconds', async () => {
    const server = createServer((socket) => socket.end('12500000')).listen(socketPath(dir, process.pid));
    await once(server, 'listening');
    expect(await worstEventLoopDelay(dir, process.pid)).toBe(12.5);
    server.close();
  });

  it('is undefined when no process watches', async () => {
    expect(existsSync(socketPath(dir, process.pid))).toBe(false);
    expect(await worstEventLoopDelay(dir, process.pid)).toBeUndefined();
  });
});
