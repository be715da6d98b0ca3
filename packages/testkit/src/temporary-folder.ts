import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder below the temporary folder of the test file, which is removed when the file's tests are over. */
export function temporaryFolder(prefix: string): string {
  return mkdtempSync(join(tmpdir(), `${prefix}-`));
}
