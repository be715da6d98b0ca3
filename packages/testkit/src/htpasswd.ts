import { writeFile } from 'node:fs/promises';
import type { UserPassword } from './http.js';
import { requireProgram, runProgram } from './program.js';

/** Writes a password file with bcrypt hashes, readable by its owner only. */
export async function writeHtpasswd(path: string, users: readonly UserPassword[]): Promise<void> {
  const htpasswd = await requireProgram('htpasswd', 'apache2-utils');
  const lines: string[] = [];
  for (const { name, password } of users) {
    const { stdout } = await runProgram(htpasswd, ['-niB', name], { input: password });
    lines.push(stdout.trim());
  }
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
}
