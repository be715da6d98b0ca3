// npm test: installs, builds and runs the tests. Arguments go to vitest. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, checkNode, ensureDependencies, ensurePackages, root, script } from './bootstrap.mjs';
import { countTests, unsteadyTests } from './count-tests.mjs';

await script(() => {
  checkNode();
  ensureDependencies();
  ensurePackages();
  build();
  runTests(process.argv.slice(2));
});

function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-test-report-'));
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const tests = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tests.kill(signal));
  tests.on('close', (status) => {
    const results = readReport(report);
    const { passed, failed } = countTests(results, status === 0);
    rmSync(folder, { recursive: true });
    for (const line of unsteadyTests(results)) process.stdout.write(`${line}\n`);
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    process.exitCode = status ?? 1;
  });
}

/** Undefined when vitest ended before it wrote one. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
