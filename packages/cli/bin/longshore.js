#!/usr/bin/env node
// Stays executable and in place while `dist` comes and goes with each build, so that npm can link to it.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('longshore: not built yet; run "npm run build"\n');
  process.exitCode = 1;
}
