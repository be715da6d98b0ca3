/**
 * The generators as those of GitOps ZTP are called: by hand with flags of one dash, as legacy exec plugins of kustomize, and as
 * KRM functions. Runs the compiled program: `npm run build` must have run.
 */
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LONGSHORE, runLongshore, runProgram, temporaryFolder } from '@longshore/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const VECTORS = join(root, 'packages/edge/vectors');
const AT_ONCE = 4;

let dir: string;
beforeAll(async () => {
  dir = temporaryFolder('generators');
  await cp(VECTORS, dir, { recursive: true });
});

const longshore = (cwd: string, args: readonly string[], input = '') =>
  runLongshore(args, { cwd, mayFail: true, input });

/** The texts of all files below a folder by their paths. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(
    paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const),
  );
  return Object.fromEntries(texts);
}

/** Runs the cases of a set as its README says; tells those that differ. */
async function differing(set: string, input: string, call: (args: string[]) => string[]): Promise<string[]> {
  const names = (await readdir(join(VECTORS, set))).filter((name) => existsSync(join(VECTORS, set, name, input)));
  expect(names.length).toBeGreaterThan(40);
  const left = [...names];
  const different: string[] = [];
  const work = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const expected = join(VECTORS, set, name);
      const cwd = join(dir, set, name);
      await rm(join(cwd, 'out'), { recursive: true, force: true });
      const text = (file: string) => readFile(join(expected, file), 'utf8');
      const args = existsSync(join(expected, 'args')) ? (await text('args')).split(/\s+/).filter(Boolean) : [];
      const ran = await longshore(cwd, call(args));
      const same =
        ran.status === Number(await text('rc')) &&
        ran.stdout === (await text('stdout')) &&
        (ran.stderr === (await text('stderr')) || ran.status === 2) &&
        JSON.stringify(await filesBelow(join(cwd, 'out'))) === JSON.stringify(await filesBelow(join(expected, 'out')));
      if (!same) different.push(name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return different.sort();
}

describe('by hand', () => {
  it('makes what the policy generator makes', { timeout: 300_000 }, async () => {
    const call = (args: string[]) => [
      'policygenerator',
      ...args,
      ...['-sourcePath', '../source-crs', '-outPath', 'out', 'pgt.yaml'],
    ];
    expect(await differing('pgt', 'pgt.yaml', call)).toEqual([]);
  });

  it('makes what the siteconfig generator makes', { timeout: 300_000 }, async () => {
    const call = (args: string[]) => ['siteconfig-generator', ...args, '-outPath', 'out', 'siteconfig.yaml'];
    expect(await differing('siteconfig', 'siteconfig.yaml', call)).toEqual([]);
  });
});

describe('flags', () => {
  const site = 'siteconfig/typical-sno-v1';

  it('have one dash or two, and values behind = or a blank', async () => {
    const cwd = join(dir, 'pgt/registry-site-level');
    const calls = [
      ['-wrapInPolicy=false', '-sourcePath=../source-crs', 'pgt.yaml'],
      ['--wrapInPolicy=false', '--sourcePath', '../source-crs', 'pgt.yaml'],
    ];
    const [one, two] = await Promise.all(calls.map((args) => longshore(cwd, ['policygenerator', ...args])));
    expect(one).toMatchObject({ status: 0, stdout: expect.stringContaining('kind: PersistentVolume') as string });
    expect(one?.stdout).not.toContain('kind: Policy');
    expect(two).toEqual(one);
  });

  it('ask for places and a report', async () => {
    const cwd = join(dir, site);
    const text = await readFile(join(cwd, 'siteconfig.yaml'), 'utf8');
    await writeFile(join(cwd, 'broken.yaml'), text.replace('nodes:', 'nodse:'));
    const args = ['-strict', '-report', 'report.json', 'broken.yaml', 'siteconfig.yaml'];
    const ran = await longshore(cwd, ['siteconfig-generator', ...args]);
    expect(ran).toMatchObject({ status: 1, stdout: expect.stringContaining('kind: ManagedCluster') as string });
    expect(ran.stderr).toMatch(/^broken\.yaml:\d+:\d+: error SC\d+/);
    const report = JSON.parse(await readFile(join(cwd, 'report.json'), 'utf8')) as {
      inputs: { file: string; ok: boolean }[];
    };
    expect(report.inputs.map(({ file, ok }) => [file, ok])).toEqual([
      ['broken.yaml', false],
      ['siteconfig.yaml', true],
    ]);
  });
});

describe('standard output', () => {
  const call = `"${process.execPath}" "${LONGSHORE}" policygenerator pgt.yaml`;

  it.each([
    ['that nobody reads any longer ends it', `(${call}; echo $? >&2) | true`, /^141\n$/],
    [
      'that is full makes the exit code 1',
      `${call} > /dev/full; echo $? >&2`,
      /^longshore: standard output: ENOSPC.*\n1\n$/,
    ],
  ])('%s', async (_, command, expected) => {
    const cwd = join(dir, 'pgt/registry-site-level');
    const { stderr } = await runProgram('sh', ['-c', command], { cwd });
    expect(stderr).toMatch(expected);
  });
});

describe('for kustomize', () => {
  it('is a legacy exec plugin: the configuration in a file, resources on standard output', async () => {
    const cwd = join(dir, 'pgt/registry-site-level');
    const { status, stdout, stderr } = await longshore(cwd, ['policygenerator', 'pgt.yaml']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const kinds = [...stdout.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind);
    expect(new Set(kinds)).toEqual(new Set(['Policy', 'PlacementRule', 'PlacementBinding']));
  });

  it('is a KRM function: a ResourceList in, a ResourceList out', async () => {
    const config = await readFile(join(dir, 'pgt/registry-site-level/pgt.yaml'), 'utf8');
    const list = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: before}}
functionConfig:
${config.replace(/^(?=.)/gm, '  ').replace(/^ {2}---\n/m, '')}`;
    const { status, stdout, stderr } = await longshore(dir, ['policygenerator'], list);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^apiVersion: config.kubernetes.io\/v1\nitems:\n[^]*^kind: ResourceList\n$/m);
    const names = [...stdout.matchAll(/^ {6}(?: {2})?kind: (.*)$/gm)].map(([, kind]) => kind);
    expect(names).toEqual(expect.arrayContaining(['ConfigMap', 'Policy', 'PlacementRule', 'PlacementBinding']));
  });

  it('refuses standard input that is none', async () => {
    const { status, stdout, stderr } = await longshore(dir, ['siteconfig-generator'], 'kind: SiteConfig\n');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('is no ResourceList; name the files to read as arguments');
  });
});

describe('siteconfig-converter', () => {
  it('writes ClusterInstances that the generator takes', async () => {
    const cwd = join(dir, 'siteconfig/typical-sno-v1');
    const converted = await longshore(cwd, ['siteconfig-converter', '-d', 'converted', 'siteconfig.yaml']);
    expect(converted.status).toBe(0);
    const files = Object.keys(await filesBelow(join(cwd, 'converted')));
    const instance = files.find((file) => file !== 'kustomization.yaml' && !file.includes('/')) ?? '';
    const { status, stdout } = await longshore(cwd, ['siteconfig-generator', join('converted', instance)]);
    expect(status).toBe(0);
    expect(stdout).toContain('kind: AgentClusterInstall');
  });
});
