import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs keep what they can do without (XDG base directories). */
export function stateDir(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'longshore/mirror');
}
