import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();
process.once('exit', () => {
  for (const dir of folders) {
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Makes a folder below the system's temporary folder; it is removed when this process ends, if not before. */
export function temporaryFolder(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), `${prefix}-`));
  folders.add(dir);
  return dir;
}
