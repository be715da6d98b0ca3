import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stateDir } from './state-dir.js';

const inHome = join(homedir(), '.local/state/longshore/mirror');

it.each([
  ['/var/state', '/var/state/longshore/mirror'],
  ['', inHome],
  ['state', inHome],
  [undefined, inHome],
])('with XDG_STATE_HOME %j it is %s', (XDG_STATE_HOME, expected) => {
  expect(stateDir(XDG_STATE_HOME === undefined ? {} : { XDG_STATE_HOME })).toBe(expected);
});
