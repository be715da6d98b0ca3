/** Inputs that no generator can use: each is told, nothing crashes, and nothing fills the memory. */
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { printSink, type GeneratorInput, type GeneratorOutput } from './generator-output.js';
import { runPolicyGenerator } from './policy-generator.js';
import { runSiteconfigConverter } from './siteconfig-converter.js';
import { runSiteconfigGenerator } from './siteconfig-generator.js';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('hostile');
});

type Run = (inputs: readonly GeneratorInput[], output: GeneratorOutput, strict: boolean) => number;
const GENERATORS: Record<string, Run> = {
  policygenerator: (inputs, output, strict) =>
    runPolicyGenerator({ inputs, strict, sourcePath: 'source-crs', wrapInPolicy: true }, printSink(output), output)
      .status,
  'siteconfig-generator': (inputs, output, strict) =>
    runSiteconfigGenerator({ inputs, strict, extraManifestOnly: false, stopOnError: true }, printSink(output), output)
      .status,
};

function run(generator: Run, input: GeneratorInput, strict: boolean) {
  const told = { stdout: '', stderr: '' };
  const output = {
    print: (text: string) => void (told.stdout += text),
    log: (line: string) => void (told.stderr += `${line}\n`),
  };
  return { status: generator([input], output, strict), ...told };
}

const modes = Object.keys(GENERATORS).flatMap((name) => [
  [name, false],
  [name, true],
]) as [string, boolean][];

describe.each(modes)('%s, strict: %s', (name, strict) => {
  const generator = GENERATORS[name] as Run;
  const kind = name === 'policygenerator' ? 'PolicyGenTemplate' : 'SiteConfig';
  const head = `apiVersion: ran.openshift.io/v1\nkind: ${kind}\nmetadata: {name: a, namespace: b}\n`;

  it.each<[string, string | Uint8Array, RegExp]>([
    ['UTF-16', Buffer.from(`\ufeff${head}`, 'utf16le'), /UTF-16|UTF-8/],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from(head), Buffer.from([0x61, 0xff, 0xfe])]), /UTF-8/],
    ['a NUL', `${head}spec: {a: "\0"}`, /zero byte/],
    ['tabs', `${head}spec:\n\ta: b\n`, /tab|cannot start any token/],
    ['what is cut off', `${head}spec: {a: [1, "`, /unexpected end|end of stream|did not find/],
    ['an alias of nothing', `${head}spec: *nothing\n`, /unknown anchor/],
    ['an alias of itself', `${head}spec: &a {b: *a}\n`, /contains itself|anchor 'a' value contains itself|alias/],
    ['deep brackets', `${head}spec: ${'['.repeat(100_000)}`, /depth|nested|deep/i],
    [
      'deep blocks',
      `${head}spec:\n${Array.from({ length: 2500 }, (_, n) => `${' '.repeat(n)} a:`).join('\n')}`,
      /depth|nested|deep/i,
    ],
  ])('tells of %s', (what, content, expected) => {
    const file = join(dir, 'input.yaml');
    writeFileSync(file, content);
    const ran = run(generator, { name: file }, strict);
    expect(ran.status, what).not.toBe(0);
    expect(ran.stderr).toMatch(expected);
    expect(ran.stderr.length).toBeLessThan(20_000);
  });

  it('does not multiply aliases', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `  l${n + 1}: &l${n + 1} [*l${n}, *l${n}, *l${n}, *l${n}]`);
    const field = kind === 'SiteConfig' ? 'clusters' : 'sourceFiles';
    const text = `${head}spec:\n  l0: &l0 [a, b, c]\n${lines.join('\n')}\n  ${field}: [{spec: {x: *l30}, nodes: [{nodeNetwork: {config: {x: *l30}}}]}]\n`;
    const before = process.memoryUsage().rss;
    const ran = run(generator, { name: 'bomb.yaml', text }, strict);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(/excessive aliasing|aliases/);
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  });

  it('does not read a large file', () => {
    const file = join(dir, 'large.yaml');
    writeFileSync(file, head);
    truncateSync(file, 50 * 1024 * 1024);
    const ran = run(generator, { name: file }, strict);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(/MiB/);
  });

  it('tells of what is no file', () => {
    symlinkSync('loop', join(dir, 'loop'));
    mkdirSync(join(dir, 'folder'));
    for (const [file, cause] of [
      ['loop', 'too many levels of symbolic links'],
      ['folder', 'is a directory'],
      ['gone', 'no such file or directory'],
    ]) {
      const ran = run(generator, { name: join(dir, file ?? '') }, strict);
      expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining(cause ?? '')]);
    }
  });

  it('takes any text without a crash', () => {
    const part = fc.constantFrom(
      ...[
        head,
        'spec:\n',
        '  clusters:\n',
        '  - clusterName: a\n',
        '    nodes:\n',
        '    - hostName: h\n',
        '      role: master\n',
      ],
      ...[
        '  sourceFiles:\n',
        '  - fileName: StoragePV.yaml\n',
        '    policyName: p\n',
        '    metadata:\n',
        '      name: n\n',
        '    spec:\n',
      ],
      ...[
        '{',
        '}',
        '[',
        ']',
        ': ',
        '- ',
        '? ',
        '|\n',
        '>-\n',
        '&a ',
        '*a',
        '!!map ',
        '<<: ',
        '"',
        "'",
        '\t',
        '\n',
        '  ',
        '#',
        '---\n',
        '...\n',
      ],
      ...[
        '      diskPartition: [{device: d, partitions: [{mount_point: /var/x, size: 1, start: 25000}]}]\n',
        '%YAML 1.1\n',
        'null',
        '~',
        '1e999',
      ],
    );
    const texts = fc.oneof(
      fc.array(part, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.json().map((json) => `${head}spec: ${json}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect([0, 1, 2]).toContain(run(generator, { name: 'any.yaml', text }, strict).status);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a file that goes away', () => {
  it('does not stop the others', () => {
    const names = ['a.yaml', 'b.yaml', 'c.yaml'].map((file) => join(dir, file));
    names.forEach((file, index) =>
      writeFileSync(
        file,
        `kind: PolicyGenTemplate\nmetadata: {name: n${index}, namespace: b}\nspec: {sourceFiles: [{fileName: StorageClass.yaml, policyName: p}]}`,
      ),
    );
    function* inputs(): Generator<GeneratorInput> {
      for (const name of names) {
        if (name.endsWith('b.yaml')) rmSync(name);
        yield { name };
      }
    }
    let stderr = '';
    let stdout = '';
    const output = { print: (text: string) => void (stdout += text), log: (line: string) => void (stderr += line) };
    const options = { inputs: inputs(), strict: true, sourcePath: 'source-crs', wrapInPolicy: true };
    expect(runPolicyGenerator(options, printSink(output), output).status).toBe(1);
    expect(stderr).toContain('b.yaml: no such file or directory');
    expect(stdout).toContain('name: n0-p\n');
    expect(stdout).toContain('name: n2-p\n');
  });
});

describe('siteconfig-converter', () => {
  it('takes any text without a crash', () => {
    const file = join(dir, 'any.yaml');
    const output = { print: () => undefined, log: () => undefined };
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.json()), (text) => {
        writeFileSync(file, `kind: SiteConfig\nspec: ${text}`);
        const options = { files: [file], outPath: join(dir, 'out'), writeWarnings: false };
        expect(runSiteconfigConverter(options, output)).toBe(1);
      }),
      { numRuns: 100 },
    );
  });
});
