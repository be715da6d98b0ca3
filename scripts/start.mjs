// npm start: installs, builds and runs a registry on this machine.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { BootstrapError, build, checkNode, ensureDependencies, root, script } from './bootstrap.mjs';
import { addressTaken, nextSteps } from './next-steps.mjs';

const LOCAL_CONFIG = 'examples/registry/local.yml';

await script(async () => {
  checkNode();
  const file = configFile(process.argv.slice(2));
  ensureDependencies();
  build(['packages/cli']);
  const config = await readConfig(file);
  if (config.http.net === 'tcp' && (await isTaken(config.http.addr))) {
    throw new BootstrapError(addressTaken(config.http.addr, file === LOCAL_CONFIG ? undefined : file));
  }
  serve(file, config);
});

/** The file behind `--config`, as seen from the repository, where everything runs. INIT_CWD: where npm was called. */
function configFile(args) {
  if (args.length === 0) return LOCAL_CONFIG;
  const [name, value] = args.length === 1 ? args[0].split(/=(.*)/) : args;
  if (name !== '--config' || !value || args.length > 2) throw new BootstrapError('Usage: npm start [-- --config FILE]');
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), value);
  const below = relative(root, file);
  return below.startsWith('..') ? file : below;
}

/** What the server will read, by the code that has just been built. */
async function readConfig(file) {
  const { ConfigError, loadConfig } = await import('../packages/registry/dist/index.js');
  try {
    return loadConfig({ text: readFileSync(resolve(root, file), 'utf8'), file, env: process.env });
  } catch (error) {
    if (error instanceof ConfigError || error.code === 'ENOENT') throw new BootstrapError(error.message);
    throw error;
  }
}

function isTaken(addr) {
  const colon = addr.lastIndexOf(':');
  const host = addr.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((found) => {
    const probe = createServer();
    probe.once('error', (error) => found(error.code === 'EADDRINUSE'));
    probe.listen({ port: Number(addr.slice(colon + 1)), ...(host !== '' && { host }) }, () => {
      probe.close(() => found(false));
    });
  });
}

function serve(file, config) {
  const main = join(root, 'packages/cli/dist/main.js');
  const args = [main, 'registry', 'serve', '--config', file];
  const server = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  // From a terminal the server hears of Ctrl-C itself, too; it takes the two for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => server.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  }
  let told = false;
  createInterface({ input: server.stdout }).on('line', (line) => {
    process.stdout.write(`${line}\n`);
    const address = /listening on ([^\s",]+:\d+)/.exec(line)?.[1];
    if (!address || told) return;
    told = true;
    const { http, auth } = config;
    process.stdout.write(nextSteps({ address, tls: http.tls !== undefined, config: file, users: auth !== undefined }));
  });
  server.on('close', (status) => {
    process.exitCode = status ?? 1;
  });
}
