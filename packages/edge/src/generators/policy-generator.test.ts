import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { folderSink, printSink, type GeneratorOutput, type ObjectSink } from './generator-output.js';
import { runPolicyGenerator, type PolicyGeneratorOptions } from './policy-generator.js';

const VECTORS = join(import.meta.dirname, '../../vectors/pgt');
const SOURCES = join(VECTORS, 'source-crs');
let dir: string;
beforeEach(() => {
  dir = temporaryFolder('pgt');
});

interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

function run(
  options: Partial<PolicyGeneratorOptions> & Pick<PolicyGeneratorOptions, 'inputs'>,
  sink?: ObjectSink,
): Ran & { reports: unknown[] } {
  const printed = { stdout: '', stderr: '' };
  const output: GeneratorOutput = {
    print: (text) => (printed.stdout += text),
    log: (line) => (printed.stderr += line.endsWith('\n') ? line : `${line}\n`),
  };
  const all = { sourcePath: SOURCES, wrapInPolicy: true, strict: false, ...options };
  const { status, reports } = runPolicyGenerator(all, sink ?? printSink(output), output);
  return { status, reports, ...printed };
}

const template = (spec: string, metadata = '{name: site-a, namespace: ztp-site}') => `apiVersion: ran.openshift.io/v1
kind: PolicyGenTemplate
metadata: ${metadata}
spec:
  bindingRules: {sites: site-a}
${spec}`;

describe('printing', () => {
  const text = template(`  sourceFiles:
    - {fileName: Widget.yaml, policyName: b}
    - {fileName: Secret.yaml, policyName: a}
    - {fileName: NoWave.yaml}`);

  it('is in the order of the source files, plain resources first', () => {
    const { stdout } = run({ inputs: [{ name: 'pgt.yaml', text }] });
    const names = [
      ...stdout.matchAll(
        /^---\napiVersion: .*\nkind: (\w+)\nmetadata:\n(?: {8}.*\n| {4}annotations:\n)* {4}name: (.*)$/gm,
      ),
    ];
    expect(names.map(([, kind, name]) => `${kind} ${name}`)).toEqual([
      'NoWave nw',
      'Policy site-a-b',
      'Policy site-a-a',
      'PlacementRule site-a-placementrules',
      'PlacementBinding site-a-placementbinding',
    ]);
    expect(run({ inputs: [{ name: 'pgt.yaml', text }] }).stdout).toBe(stdout);
  });
});

describe('a template that fails', () => {
  it('does not stop the others, and makes the exit code 1', () => {
    writeFileSync(join(dir, 'a.yaml'), template('  sourceFiles: [{fileName: Absent.yaml, policyName: p}]'));
    writeFileSync(join(dir, 'b.yaml'), template('  sourceFiles: [{fileName: Secret.yaml, policyName: p}]'));
    writeFileSync(join(dir, 'c.yaml'), 'kind: PolicyGenTemplate\nspec: [');
    writeFileSync(join(dir, '.hidden.yaml'), 'no: template');
    const ran = run({ inputs: [{ name: join(dir, 'absent.yaml') }], pgtPath: dir });
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain('name: site-a-p\n');
    expect(ran.stderr.split('\n')).toEqual([
      `Could not read ${dir}/absent.yaml: open ${dir}/absent.yaml: no such file or directory`,
      `Could not build the entire policy defined by ${dir}/a.yaml: open ${SOURCES}/Absent.yaml: no such file or directory`,
      expect.stringMatching(/^Could not parse .*c\.yaml as yaml: yaml: line \d+: did not find expected/) as string,
      '',
    ]);
    expect(ran.reports).toMatchObject([{ ok: false }, { ok: false }, { ok: true }, { ok: false }]);
  });

  it('says that the folder of templates is not there', () => {
    const ran = run({ inputs: [{ name: 'absent.yaml' }], pgtPath: join(dir, 'no') });
    const stderr = `Could not get file list from ${dir}/no: open ${dir}/no: no such file or directory\n`;
    expect(ran).toEqual({ status: 1, stdout: '', stderr, reports: [] });
  });

  it.each(['../secret.yaml', '/etc/passwd', 'a/../../x.yaml'])('does not read the source file %j', (fileName) => {
    const inputs = [
      { name: 'p', text: template(`  sourceFiles: [{fileName: ${JSON.stringify(fileName)}, policyName: p}]`) },
    ];
    expect(run({ inputs })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('leads out of the folder of source files') as string,
    });
  });

  it('writes nothing outside of the output folder', () => {
    const text = template('  sourceFiles: [{fileName: Secret.yaml, policyName: p}]', "{name: '../../x', namespace: n}");
    expect(run({ inputs: [{ name: 'p', text }] }, folderSink(join(dir, 'out')))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('leads out of the output folder') as string,
    });
    expect(existsSync(join(dir, '..', 'x'))).toBe(false);
  });
});

describe('in the words of the reference', () => {
  const failed = (spec: string, sourcePath = SOURCES) => {
    const { status, stderr } = run({ inputs: [{ name: 'p', text: template(spec) }], sourcePath });
    return { status, reason: /^Could not build the entire policy defined by p: ([^]*)\n$/.exec(stderr)?.[1] };
  };
  const of = (...files: string[]) =>
    `  sourceFiles:\n${files.map((file) => `    - {${file}, policyName: p}\n`).join('')}`;

  it.each([
    ['no fileName', of('complianceType: musthave'), `read ${SOURCES}/: is a directory`],
    [
      'nothing to add to',
      of('fileName: Empty.yaml', 'fileName: NoWave.yaml'),
      'Mising Object template in the site-a-p',
    ],
    [
      'a conflict before the interval that is none',
      of(
        'fileName: NoWave.yaml, evaluationInterval: {compliant: 1h}',
        'fileName: NoWave.yaml, evaluationInterval: {compliant: 2h, noncompliant: soon}',
      ),
      "Compliant EvaluationInterval '2h' conflict with '1h' already configured for policyName p",
    ],
    [
      'an interval that is none',
      of('fileName: NoWave.yaml, evaluationInterval: {noncompliant: soon}'),
      `NoWave.yaml: evaluationInterval.noncompliant 'time: invalid duration "soon"'`,
    ],
    [
      'rules that exclude what they bind, whatever its value',
      `  bindingExcludedRules: {sites: ""}\n${of('fileName: NoWave.yaml')}`,
      'Invalid bindingRules and bindingExcludedRules found in PGT site-a. Cannot add label (sites:"site-a") in ' +
        'bindingRules but label (sites:"") in bindingExcludedRules.',
    ],
  ])('tells of %s', (_, spec, reason) => {
    expect(failed(spec)).toEqual({ status: 1, reason });
  });

  it.each([
    ['kind: A\nspec: [a', "yaml: line 1: did not find expected ',' or ']'"],
    ['- kind: A', 'yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}'],
    ['a: 1\na: 2', 'yaml: unmarshal errors:\n  line 2: mapping key "a" already defined at line 1'],
  ])('tells which source file is no resource: %j', (text, words) => {
    writeFileSync(join(dir, 'Bad.yaml'), text);
    const reason = `Failed to process the source file Bad.yaml: ${words}`;
    expect(failed(of('fileName: Bad.yaml'), dir)).toEqual({ status: 1, reason });
  });

  it.each([
    ['no', 0],
    ['"no"', 0],
    ['N', 0],
    ['yes', 1],
    ['on', 1],
  ])('takes %s as a boolean', (written, policies) => {
    const text = template(`  wrapInPolicy: ${written}\n${of('fileName: NoWave.yaml')}`);
    const { stdout } = run({ inputs: [{ name: 'p', text }] });
    expect(stdout.match(/^kind: Policy$/gm) ?? []).toHaveLength(policies);
  });

  it.each(['Yes', 'NO', '"true"'])('does not take %s as a boolean', (written) => {
    const text = template(`  wrapInPolicy: ${written}\n`);
    expect(run({ inputs: [{ name: 'p', text }] }).stderr).toMatch(/line 6: cannot unmarshal !!str `\w+` into bool/);
  });
});

it('leaves out what is null in lists of the template, and annotations that are null', () => {
  writeFileSync(join(dir, 'Null.yaml'), 'kind: A\nmetadata: {name: a, annotations: null}\n');
  const text = template('  sourceFiles: [null, {fileName: Null.yaml, policyName: p}]');
  const { stdout, status } = run({ inputs: [{ name: 'p', text }], sourcePath: dir });
  expect(status).toBe(0);
  expect(stdout).toContain('kind: A\n                        metadata:\n                            name: a\n');
});

describe('source files that come with Longshore', () => {
  it.each(['StorageClass', 'StoragePVC', 'StoragePV', 'ImageRegistryPV', 'ImageRegistryConfig'])('%s', (name) => {
    const at = (fileName: string) => [
      { name: 'p', text: template(`  sourceFiles: [{fileName: ${fileName}.yaml, policyName: p}]`) },
    ];
    const shipped = run({ inputs: at(name), sourcePath: 'source-crs' });
    expect(shipped).toMatchObject({ status: 0, stderr: '' });
    for (const folder of ['storage-lso', 'image-registry']) {
      expect(run({ inputs: at(`${folder}/${name}`), sourcePath: 'source-crs' }).stdout).toBe(shipped.stdout);
    }
  });

  it('are the registry of the vectors', () => {
    const text = readFileSync(join(VECTORS, 'registry-site-level/pgt.yaml'), 'utf8');
    const shipped = run({ inputs: [{ name: 'p', text }], sourcePath: 'source-crs' });
    expect(shipped).toEqual(run({ inputs: [{ name: 'p', text }] }));
  });
});

describe('strict mode', () => {
  const strict = (text: string) => {
    const { status, stderr, stdout } = run({ inputs: [{ name: 'p.yaml', text }], strict: true });
    const told = [...stderr.matchAll(/^p\.yaml:(\d+):(\d+): (?:error|warning) (PG\d+)/gm)];
    return { status, stdout, told: told.map(([, line, column, rule]) => `${line}:${column} ${rule}`) };
  };

  it('says nothing about what is right', () => {
    const text = readFileSync(join(VECTORS, 'registry-site-level/pgt.yaml'), 'utf8');
    expect(strict(text)).toMatchObject({ status: 0, told: [], stdout: expect.stringContaining('Policy') as string });
  });

  it.each<[string, string, string[]]>([
    ['no YAML', 'spec: [a', ['1:9 PG001']],
    ['an empty file', '# nothing', ['1:1 PG001']],
    ['another kind', 'kind: Policy', ['1:7 PG001']],
    ['no spec', 'kind: PolicyGenTemplate\nmetadata: {name: a, namespace: b}', ['1:1 PG002']],
    ['a wrong type', template('  sourceFiles: {a: b}'), ['6:16 PG002']],
    ['a key twice', template('  mcp: a\n  mcp: b'), ['7:3 PG002']],
    ['a misspelt field', template('  sourceFile: []'), ['6:3 PG003']],
    [
      'a clash of types',
      template(
        '  sourceFiles: [{fileName: NoWave.yaml, spec: {x: 1}, metadata: {name: n}}, {fileName: Widget.yaml, spec: {nested: oops, role: r, rules: [{allow: a}, {}]}, metadata: {labels: {a: b}, annotations: {c: d}}}]',
      ),
      ['6:116 PG004'],
    ],
    ['null', template('  sourceFiles: [{fileName: NoWave.yaml, spec: {x: null}}]'), ['6:51 PG005']],
    [
      'a shorter list',
      template(
        '  sourceFiles: [{fileName: Widget.yaml, spec: {nested: {inner: a}, role: r, rules: [{allow: a}]}, metadata: {labels: {a: b}, annotations: {c: d}}}]',
      ),
      ['6:84 PG006'],
    ],
    ['placeholders', template('  sourceFiles: [{fileName: Widget.yaml}]'), ['6:28 PG007']],
    [
      'complianceType',
      template('  complianceType: sometimes\n  sourceFiles: [{fileName: NoWave.yaml}]'),
      ['6:19 PG008'],
    ],
    ['remediationAction', template('  sourceFiles: [{fileName: NoWave.yaml, remediationAction: do}]'), ['6:60 PG009']],
    [
      'a wave in words',
      template(
        '  sourceFiles: [{fileName: NoWave.yaml, policyName: p, metadata: {annotations: {ran.openshift.io/ztp-deploy-wave: ten}}}]',
      ),
      ['6:115 PG010'],
    ],
    ['no wave', template('  sourceFiles: [{fileName: NoWave.yaml, policyName: p}]'), ['6:17 PG011']],
    [
      'two waves',
      template(
        '  sourceFiles: [{fileName: StorageClass.yaml, policyName: p}, {fileName: ImageRegistryPV.yaml, policyName: p}]',
      ),
      ['6:63 PG012'],
    ],
    [
      'no binding',
      template('  sourceFiles: [{fileName: Secret.yaml, policyName: p}]').replace('{sites: site-a}', '{}'),
      ['5:3 PG013'],
    ],
    [
      'an excluded part',
      template('  bindingExcludedRules: {sites: "b,site-a"}\n  sourceFiles: [{fileName: Secret.yaml, policyName: p}]'),
      ['6:33 PG014'],
    ],
    [
      'a long name',
      template(`  sourceFiles: [{fileName: Secret.yaml, policyName: ${'x'.repeat(48)}}]`),
      ['6:53 PG015'],
    ],
    [
      'a name that differs by case',
      template('  sourceFiles: [{fileName: Secret.yaml, policyName: p}, {fileName: Secret.yaml, policyName: P}]'),
      ['6:93 PG016'],
    ],
    ['a second document', `${template('  sourceFiles: []')}\n---\na: b`, ['8:1 PG017']],
    [
      'mustonlyhave',
      template('  sourceFiles: [{fileName: ImageRegistryConfig.yaml, complianceType: mustonlyhave}]'),
      ['6:70 PG018'],
    ],
    ['no metadata', template('  sourceFiles: [{fileName: NoMeta.yaml, policyName: p}]'), ['6:28 PG019']],
    ['no duration', template('  evaluationInterval: {compliant: 10 minutes}'), ['6:35 PG020']],
    [
      'a reserved name',
      template('  sourceFiles: [{fileName: Secret.yaml, policyName: placementrules}]'),
      ['6:53 PG021'],
    ],
    [
      'an object twice',
      template('  sourceFiles: [{fileName: Secret.yaml, policyName: p}, {fileName: Secret.yaml, policyName: p}]'),
      ['6:57 PG022'],
    ],
    [
      'two remediations',
      template(
        '  sourceFiles: [{fileName: Secret.yaml, policyName: p, remediationAction: enforce}, {fileName: Secret.yaml, policyName: p, remediationAction: inform, metadata: {name: t}}]',
      ),
      ['6:85 PG023'],
    ],
  ])('tells of %s', (_, text, told) => {
    const ran = strict(text);
    expect(ran.told).toEqual(told);
    const warned = /PG0(05|06|11|13|18|22)/.test(told.join());
    expect(ran.status).toBe(warned ? 0 : 1);
    expect(ran.stdout === '').toBe(!warned);
  });
});
