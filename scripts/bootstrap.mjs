/**
 * What the scripts need before anything else can run: the right Node, npm packages, compiled code, Debian packages. Works in
 * a fresh clone: imports nothing but Node's own modules.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const OLDEST_NODE = [20, 19];

/** A preparation that failed. The message says what to do. */
export class BootstrapError extends Error {
  name = 'BootstrapError';
}

/** Runs the steps of a script; ends the process with one line when one of them is a BootstrapError. */
export async function script(steps) {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Errors: BootstrapError when this Node (`v20.18.0`) is too old. */
export function checkNode(version = process.version) {
  const [major, minor] = version.slice(1).split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new BootstrapError(`Longshore needs Node ${OLDEST_NODE.join('.')} or later; this is ${version}.`);
}

/** Installs npm packages when node_modules is absent or not what package-lock.json says. Runs no package's scripts. */
export function ensureDependencies(folder = root) {
  if (dependenciesAreInstalled(folder)) return;
  process.stderr.write('Installing npm packages…\n');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
}

/** Whether npm has installed what package-lock.json says; npm keeps a copy of what it installed in node_modules. */
export function dependenciesAreInstalled(folder) {
  const installedFile = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = packagesIn(installedFile);
  const wanted = Object.entries(packagesIn(join(folder, 'package-lock.json')));
  return wanted.every(([path, wish]) => {
    const have = installed[path];
    // The copy leaves out the repository itself and packages for other platforms.
    if (!path.startsWith('node_modules/') || (wish.optional && !have)) return true;
    return have !== undefined && have.version === wish.version && have.integrity === wish.integrity;
  });
}

function packagesIn(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/** Compiles these projects and what they refer to; without any, everything. */
export function build(projects = []) {
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...projects], root);
}

/** Installs the Debian packages that the tests use and that are missing. */
export function ensurePackages() {
  const list = readPackageList(readFileSync(join(root, 'scripts/apt-packages.txt'), 'utf8'));
  const wanted = list.filter(({ program }) => program === undefined || !isOnPath(program)).map(({ name }) => name);
  if (!isDebian()) throw new BootstrapError(otherSystem(wanted));
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid() !== 0) {
    const line = `sudo apt-get update && sudo apt-get ${install.join(' ')}`;
    throw new BootstrapError(`The tests need Debian packages. Type: ${line}\n${WITHOUT_PACKAGES}`);
  }
  process.stderr.write(`Installing Debian packages: ${missing.join(' ')}…\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], root, env);
  run('apt-get', ['-qq', ...install], root, env);
}

const WITHOUT_PACKAGES = 'Most tests run without them: npm run build && npx vitest run packages';

function otherSystem(wanted) {
  return `The tests use Debian's clients and this is another system; install what corresponds to: ${wanted.join(' ')}\n${WITHOUT_PACKAGES}`;
}

/**
 * A list of one package a line, with comments behind `#`. A second word is a program: the package is wanted only where that
 * is not there already, as `kubernetes-client kubectl`.
 */
export function readPackageList(text) {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.flatMap((line) => {
    const [name, program] = line.split(/\s+/);
    return line === '' ? [] : [{ name, ...(program && { program }) }];
  });
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}

function isDebian() {
  return existsSync('/etc/debian_version') && spawnSync('dpkg-query', ['--version'], { stdio: 'ignore' }).status === 0;
}

function isInstalled(name) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return query.stdout === 'installed';
}

/** Runs a program to its end with its output shown. Errors: BootstrapError when it fails. */
function run(command, args, cwd, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 2, 2] });
  if (error) throw new BootstrapError(`cannot run ${command}: ${error.message}`);
  if (status !== 0) throw new BootstrapError(`${[command, ...args].join(' ')}: ended with ${signal ?? status}`);
}
