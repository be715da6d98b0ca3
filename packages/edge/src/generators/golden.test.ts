/** The reference's own outputs, byte for byte: packages/edge/vectors. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { folderSink, type GeneratorOutput } from './generator-output.js';
import { runPolicyGenerator, type GeneratorResult } from './policy-generator.js';
import { runSiteconfigGenerator } from './siteconfig-generator.js';

const VECTORS = join(import.meta.dirname, '../../vectors');
const casesOf = (set: string, input: string) =>
  readdirSync(join(VECTORS, set)).filter((name) => existsSync(join(VECTORS, set, name, input)));
const policyCases = casesOf('pgt', 'pgt.yaml');
const siteCases = casesOf('siteconfig', 'siteconfig.yaml');

/** Where the reference crashes; we say what does not fit. */
const CRASHES: Record<string, string> = {
  'overlay-type-mismatch-list-vs-map':
    'Could not build the entire policy defined by pgt.yaml: spec.sourceFiles[0].spec.rules: the source file has a list here, the template a map\n',
  'overlay-type-mismatch-map-vs-string':
    'Could not build the entire policy defined by pgt.yaml: spec.sourceFiles[0].spec.nested: the source file has a map here, the template a string\n',
};

const home = process.cwd();
let out: string;
beforeEach(() => {
  out = temporaryFolder('golden');
});
afterAll(() => process.chdir(home));

/** The texts of all files below a folder by their paths; none when it is not there. */
function filesBelow(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

/** Runs a case in its own folder, where its paths lead from. */
function runCase(folder: string, run: (args: string, output: GeneratorOutput) => GeneratorResult) {
  process.chdir(folder);
  const printed = { stdout: '', stderr: '' };
  const output: GeneratorOutput = {
    print: (text) => (printed.stdout += text),
    log: (line) => (printed.stderr += line.endsWith('\n') ? line : `${line}\n`),
  };
  const { status } = run(existsSync('args') ? readFileSync('args', 'utf8') : '', output);
  return { status, ...printed, files: filesBelow(out) };
}

function expected(folder: string) {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    status: Number(text('rc')),
    stdout: text('stdout'),
    stderr: text('stderr'),
    files: filesBelow(join(folder, 'out')),
  };
}

describe('policygenerator', () => {
  it.each(policyCases)('%s', (name) => {
    const folder = join(VECTORS, 'pgt', name);
    const ran = runCase(folder, (args, output) => {
      const wrapInPolicy = !args.includes('-wrapInPolicy=false');
      const inputs = [{ name: 'pgt.yaml' }];
      return runPolicyGenerator(
        { sourcePath: '../source-crs', wrapInPolicy, strict: false, inputs },
        folderSink(out),
        output,
      );
    });
    expect(ran).toEqual({ ...expected(folder), ...(name in CRASHES && { stderr: CRASHES[name] }) });
  });
});

describe('siteconfig-generator', () => {
  it.each(siteCases)('%s', (name) => {
    const folder = join(VECTORS, 'siteconfig', name);
    const ran = runCase(folder, (_, output) => {
      const inputs = [{ name: 'siteconfig.yaml' }];
      const options = { extraManifestOnly: false, stopOnError: false, strict: false, inputs };
      return runSiteconfigGenerator(options, folderSink(out), output);
    });
    expect(ran).toEqual(expected(folder));
  });
});

it('finds all cases', () => {
  expect([policyCases.length, siteCases.length]).toEqual([47, 49]);
  expect(Object.keys(CRASHES).every((name) => policyCases.includes(name))).toBe(true);
});
