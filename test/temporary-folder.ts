/**
 * Runs before each test file: temporary files of the file go to a folder of its own, which is removed when its last hook has
 * run, whatever came of its tests.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'longshore-'));
process.env['TMPDIR'] = folder;

/** Tries again where a program that was killed a moment ago still writes. */
const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

afterAll(remove);
// Vitest ends its workers by SIGTERM and takes `process.exit` away: the hooks that end the programs of tests would not run.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.emit('exit', 1);
    remove();
    process.kill(process.pid, signal);
  });
}
