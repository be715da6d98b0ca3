#!/usr/bin/env node
// Stays executable and in place while `dist` comes and goes with each build, so that npm can link to it.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';

// Most commands end before code that is compiled for speed has paid for its compilation: it is compiled when it ran nine times as
// long as V8 would wait for. Servers come to that soon, too.
v8.setFlagsFromString('--interrupt-budget=600000');

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  // From Node 22 on, compiled code is kept for the next start: in the user's own folder, where nobody else can put any.
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'longshore/compile'));
  await import(main.href);
} else {
  process.stderr.write('longshore: not built yet; run "npm run build"\n');
  process.exitCode = 1;
}
