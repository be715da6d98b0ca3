import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { describe, expect, it } from 'vitest';

interface Bootstrap {
  checkNode: (version: string) => void;
  dependenciesAreInstalled: (folder: string) => boolean;
  readPackageList: (text: string) => { name: string; program?: string }[];
}

interface CountTests {
  countTests: (report: unknown, succeeded: boolean) => { passed: number; failed: number };
  unsteadyTests: (report: unknown) => string[];
}

/** The scripts have no types: they run before anything is compiled. */
const load = async <T>(name: string) =>
  (await import(new URL(`../scripts/${name}.mjs`, import.meta.url).href)) as unknown as T;
const { checkNode, dependenciesAreInstalled, readPackageList } = await load<Bootstrap>('bootstrap');
const { countTests, unsteadyTests } = await load<CountTests>('count-tests');

describe('checkNode', () => {
  it.each(['v20.19.0', 'v20.20.2', 'v22.1.0', 'v100.0.0'])('takes %s', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });

  it.each(['v20.18.3', 'v18.20.0', 'v9.99.99'])('refuses %s', (version) => {
    expect(() => checkNode(version)).toThrow(`Longshore needs Node 20.19 or later; this is ${version}.`);
  });
});

describe('dependenciesAreInstalled', () => {
  const a = { version: '1.0.0', integrity: 'sha512-a' };
  const wanted = { '': {}, 'packages/own': {}, 'node_modules/own': { link: true }, 'node_modules/a': a };

  it.each<[string, object | undefined, object, boolean]>([
    ['what npm ci leaves', { 'node_modules/own': { link: true }, 'node_modules/a': a }, wanted, true],
    ['no node_modules', undefined, wanted, false],
    ['a package that came since', { 'node_modules/own': { link: true } }, wanted, false],
    ['another version', { 'node_modules/own': {}, 'node_modules/a': { ...a, version: '0.9.0' } }, wanted, false],
    ['other bytes', { 'node_modules/own': {}, 'node_modules/a': { ...a, integrity: 'sha512-b' } }, wanted, false],
    ['a package for another platform', {}, { 'node_modules/b': { ...a, optional: true } }, true],
  ])('judges %s', async (_, installed, lock, expected) => {
    const dir = temporaryFolder('lock');
    await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ packages: lock }));
    if (installed) {
      await mkdir(join(dir, 'node_modules'));
      await writeFile(join(dir, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
    }
    expect(dependenciesAreInstalled(dir)).toBe(expected);
  });
});

describe('readPackageList', () => {
  it('leaves out comments and blank lines', () => {
    expect(readPackageList('# clients\npodman\n\n  skopeo  # copies\n')).toEqual([
      { name: 'podman' },
      { name: 'skopeo' },
    ]);
  });

  it('knows packages that are wanted only where a program is missing', () => {
    expect(readPackageList('kubernetes-client kubectl # or another\n')).toEqual([
      { name: 'kubernetes-client', program: 'kubectl' },
    ]);
  });
});

describe('countTests', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map((each) => ({ status: each })),
  });

  it.each<[string, unknown, boolean, { passed: number; failed: number }]>([
    [
      'passed and failed tests',
      { numPassedTests: 5, numFailedTests: 2, testResults: [file('failed', 'failed', 'failed', 'passed')] },
      false,
      { passed: 5, failed: 2 },
    ],
    [
      'a file that could not be loaded',
      { numPassedTests: 5, numFailedTests: 0, testResults: [file('passed', 'passed'), file('failed')] },
      false,
      { passed: 5, failed: 1 },
    ],
    ['a clean run', { numPassedTests: 1, numFailedTests: 0, testResults: [] }, true, { passed: 1, failed: 0 }],
    ['a run without a report', undefined, false, { passed: 0, failed: 1 }],
    ['an error outside of tests', { numPassedTests: 9, numFailedTests: 0 }, false, { passed: 9, failed: 1 }],
  ])('counts %s', (_, report, succeeded, expected) => {
    expect(countTests(report, succeeded)).toEqual(expected);
  });
});

describe('unsteadyTests', () => {
  it('names what passed at the second try only', () => {
    const assertionResults = [
      { fullName: 'pushes', status: 'passed', failureMessages: [] },
      { fullName: 'pulls', status: 'passed', failureMessages: ['Error: connection reset\n    at pull'] },
      { fullName: 'deletes', status: 'failed', failureMessages: ['Error: twice'] },
    ];
    expect(unsteadyTests({ testResults: [{ assertionResults }] })).toEqual([
      'unsteady: pulls: Error: connection reset',
    ]);
    expect(unsteadyTests(undefined)).toEqual([]);
  });
});
