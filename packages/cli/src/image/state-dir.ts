import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where programs keep what they can do without (XDG base directories: what is empty or relative does not count). */
export function stateDir(env: NodeJS.ProcessEnv): string {
  const { XDG_STATE_HOME: wanted = '' } = env;
  return join(isAbsolute(wanted) ? wanted : join(homedir(), '.local/state'), 'longshore/mirror');
}
