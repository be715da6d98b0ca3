// npm start: installs, builds and runs a registry on this machine.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build, checkNode, ensureDependencies, root, script } from './bootstrap.mjs';
import { addressTaken, nextSteps } from './next-steps.mjs';

const LOCAL_CONFIG = 'examples/registry/local.yml';

await script(() => {
  checkNode();
  const config = configFile(process.argv.slice(2));
  ensureDependencies();
  build(['packages/cli']);
  serve(config);
});

/** The file behind `--config`, as seen from the repository, where everything runs. INIT_CWD: where npm was called. */
function configFile(args) {
  if (args.length === 0) return LOCAL_CONFIG;
  const [name, value] = args.length === 1 ? args[0].split(/=(.*)/) : args;
  if (name === '--config' && value && args.length <= 2) {
    const file = resolve(process.env.INIT_CWD ?? process.cwd(), value);
    const below = relative(root, file);
    return below.startsWith('..') ? file : below;
  }
  process.stderr.write('Usage: npm start [-- --config FILE]\n');
  process.exit(2);
}

function serve(config) {
  const main = join(root, 'packages/cli/dist/main.js');
  const args = [main, 'registry', 'serve', '--config', config];
  const server = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  // From a terminal the server hears of Ctrl-C itself, too; it takes the two for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => server.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  }
  let taken = false;
  let told = false;
  createInterface({ input: server.stdout }).on('line', (line) => {
    process.stdout.write(`${line}\n`);
    const listening = /listening on ([^\s"]+:\d+)(, tls)?/.exec(line);
    if (!listening || told) return;
    told = true;
    const tls = listening[2] !== undefined;
    process.stdout.write(nextSteps({ address: listening[1], tls, config, users: hasUsers(config) }));
  });
  createInterface({ input: server.stderr }).on('line', (line) => {
    process.stderr.write(`${line}\n`);
    taken ||= line.includes('EADDRINUSE');
  });
  server.on('close', (status) => {
    if (taken) process.stderr.write(addressTaken(config === LOCAL_CONFIG ? '' : ` -- --config ${config}`));
    process.exitCode = status ?? 1;
  });
}

/** Whether clients must log in; decides only which lines are shown. */
function hasUsers(config) {
  return 'REGISTRY_AUTH_HTPASSWD_PATH' in process.env || /^auth:/m.test(readFileSync(resolve(root, config), 'utf8'));
}
