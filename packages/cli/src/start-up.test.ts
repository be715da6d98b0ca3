/** What the compiled program loads: a short command must not wait for parts that it does not use. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runProgram, temporaryFolder } from '@longshore/testkit';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../bin/longshore.js');
const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
/** Prints the address of each module that is imported. */
const HOOKS = dataUrl(`
  import { writeSync } from 'node:fs';
  export function load(url, context, next) {
    writeSync(2, 'loads ' + url + '\\n');
    return next(url, context);
  }`);
const REGISTER = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(HOOKS)});`);

interface Loaded {
  /** From elsewhere. */
  packages: string[];
  /** Theirs, as `undici/index.js`. */
  files: string[];
  /** Ours, as `kube/values/duration.js`. */
  modules: string[];
}

async function loadedBy(...args: string[]): Promise<Loaded> {
  const env = { PATH: process.env['PATH'], HOME: temporaryFolder('home') };
  const options = { cwd: temporaryFolder('start-up'), env, mayFail: true };
  const { stderr } = await runProgram(process.execPath, ['--import', REGISTER, PROGRAM, ...args], options);
  const found = (pattern: RegExp) => [
    ...new Set([...stderr.matchAll(pattern)].map(([, room = '', path = '']) => room + path)),
  ];
  return {
    packages: found(/^loads file:.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/gm).sort(),
    files: found(/^loads file:.*\/node_modules\/(.*)$/gm).sort(),
    modules: found(/^loads file:.*\/packages\/([a-z]+\/)dist\/(.*)$/gm).sort(),
  };
}

it('knows all commands, for help and completion, without what they do', async () => {
  const { packages, modules } = await loadedBy('completion', 'bash');
  expect(packages).toEqual(['commander']);
  expect(modules).toContain('cli/image/mirror-command.js');
  // What reads values of options.
  expect(modules.filter((path) => !path.startsWith('cli/'))).toEqual([
    'edge/plan/plan-error.js',
    'edge/plan/size.js',
    'kube/values/duration.js',
  ]);
});

it.each([[['--help']], [['--version']], [['imgae']]])('loads no command for %j', async (args) => {
  const { packages, modules } = await loadedBy(...args);
  expect(packages).toEqual(['commander']);
  expect(modules).toContain('cli/program.js');
  expect(modules.filter((path) => path.split('/').length > 2)).toEqual([]);
});

it.each([[['image', 'mirror', '--help']], [['help', 'image']]])(
  'loads no neighbours of a command for %j',
  async (args) => {
    const { packages, modules } = await loadedBy(...args);
    expect(packages).toEqual(['commander']);
    expect(modules.filter((path) => !path.startsWith('cli/'))).toEqual([]);
    expect(modules.filter((path) => path.endsWith('/command.js'))).toEqual(['cli/image/command.js']);
  },
);

it('asks the first registry before it loads what only some mirrorings need', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { packages, files } = await loadedBy(
    'image',
    'mirror',
    '--insecure',
    `127.0.0.1:${port}/app:v1`,
    'file://app:v1',
  );
  server.close();
  expect(asked).not.toEqual([]);
  const needless = ['@aws-sdk/client-s3', 'fzstd', 'openpgp', 're2js', 'semver', 'tar-stream', 'yaml'];
  expect(packages.filter((name) => needless.includes(name))).toEqual([]);
  expect(files).toContain('undici/lib/dispatcher/pool.js');
  // `fetch`, web sockets and all the rest of it.
  expect(files).not.toContain('undici/index.js');
});
