#!/usr/bin/env node
// Stays executable and in place while `dist` comes and goes with each build, so that npm can link to it.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  // From Node 22 on, compiled code is kept for the next start: in the user's own folder, where nobody else can put any.
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'longshore/compile'));
  await import(main.href);
} else {
  process.stderr.write('longshore: not built yet; run "npm run build"\n');
  process.exitCode = 1;
}
