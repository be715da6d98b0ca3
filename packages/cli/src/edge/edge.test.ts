import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { lintPaths, lintText } from './lint-paths.js';
import { filesBelow, readTextFile } from './text-files.js';
import { passes } from './verify-site.js';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('edge');
});

const put = async (name: string, content: string | Uint8Array) => {
  await mkdir(join(dir, name, '..'), { recursive: true });
  await writeFile(join(dir, name), content);
  return join(dir, name);
};

describe('files that are no configuration', () => {
  const bomb = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`),
  ].join('\n');

  it.each<[string, string | Uint8Array, string]>([
    ['of 50 MB', Buffer.alloc(50_000_000, 'a: b\n'), 'the file has 48 MiB; at most 8 MiB are read'],
    ['of aliases of aliases', bomb, 'the aliases of this document stand for more than 1000000 nodes'],
    ['of brackets', '['.repeat(1_000_000), 'nested more than 200 levels deep'],
    ['in UTF-16', Buffer.from('\ufeffa: b\n', 'utf16le'), 'the file is in UTF-16; save it as UTF-8'],
    ['in Latin-1', Buffer.from('a: b\nc: \xe4\n', 'latin1'), 'the file is not UTF-8 in line 2; save it as UTF-8'],
    ['of bytes', Buffer.from('a: b\0\n'), 'the file has a zero byte in line 1; it is no text'],
    ['with tabs', 'a: b\n\tc: d\n', 'tabs are not allowed as indentation'],
  ])('%s are told of', async (_, content, message) => {
    const path = await put('site.yaml', content);
    const { diagnostics } = await lintPaths([path], {});
    expect(diagnostics.map(({ rule, message: found }) => `${rule} ${found}`)).toEqual([`EL000 ${message}`]);
  });

  it('and vanish meanwhile end the command', async () => {
    await expect(readTextFile(join(dir, 'gone.yaml'))).rejects.toThrow(
      `cannot read ${dir}/gone.yaml: there is no such file`,
    );
    await expect(lintPaths([join(dir, 'gone')], {})).rejects.toThrow('there is no such file');
  });

  it('do not keep the others from being looked at', async () => {
    await put('a.yaml', Buffer.from([0xff]));
    await put('b.bu', 'variant: fcos\nversion: 1.3.0\nstorage:\n  disks:\n  - device: <disk>\n');
    const { diagnostics } = await lintPaths([dir], {});
    expect(diagnostics.map(({ rule, file }) => `${rule} ${file}`)).toEqual([
      `EL000 ${dir}/a.yaml`,
      `EL001 ${dir}/b.bu`,
    ]);
  });
});

it('finds the files of folders in order, without links and the insides of Git', async () => {
  await put('b/z.yaml', '');
  await put('b/a.yml', '');
  await put('a.bu', '');
  await put('notes.txt', '');
  await put('.git/x.yaml', '');
  await symlink(join(dir, 'b'), join(dir, 'link'));
  expect(await filesBelow([dir, join(dir, 'a.bu'), join(dir, 'notes.txt')], ['.yaml', '.yml', '.bu'])).toEqual(
    ['a.bu', 'b/a.yml', 'b/z.yaml', 'notes.txt'].map((name) => join(dir, name)),
  );
});

describe('findings', () => {
  it('are printed with the line, a caret and what would be right', async () => {
    const path = await put('s.bu', 'variant: fcos\nversion: 1.3.0\nstorage:\n  files:\n  - path: /a\n    mode: 755\n');
    expect(lintText(await lintPaths([path], {}), 'text')).toBe(
      [
        `${path}:6:11: warning EL010 storage.files[0].mode: mode 755 is octal 1363; did you mean 0755?`,
        '    6 |     mode: 755',
        '      |           ^^^',
        '  fix: mode: 0755',
        '0 errors, 1 warning, 0 notes',
        '',
      ].join('\n'),
    );
  });

  it('are SARIF 2.1.0, each with its rule and place', async () => {
    await put('a b.yaml', 'kind: PersistentVolume\nspec:\n  local: {path: /x/}\n');
    const log = JSON.parse(lintText(await lintPaths([dir], {}), 'sarif')) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string; shortDescription: { text: string } }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          level: string;
          message: { text: string };
          locations: { physicalLocation: { artifactLocation: { uri: string }; region: Record<string, number> } }[];
        }[];
      }[];
    };
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    const [result] = run?.results ?? [];
    expect(run?.results).toHaveLength(1);
    expect(run?.tool.driver.rules[result?.ruleIndex ?? -1]?.id).toBe('EL007');
    expect(result).toMatchObject({ ruleId: 'EL007', level: 'note' });
    expect(result?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: expect.stringMatching(/\/a%20b\.yaml$/) as string },
      region: { startLine: 3, startColumn: 17, endLine: 3, endColumn: 20 },
    });
    const ids = run?.tool.driver.rules.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of none are said to be so', async () => {
    expect(lintText(await lintPaths([dir], {}), 'text')).toBe('clean\n');
    expect(lintText(await lintPaths([dir], {}), 'json')).toBe('[]\n');
  });
});

it.each([
  ['fits', false, true],
  ['unseen', false, false],
  ['unseen', true, true],
  ['differs', true, false],
] as const)('lets a site that %s pass (partial: %s): %s', (verdict, partial, result) => {
  expect(passes({ cluster: 'a', verdict, checks: [], unread: [] }, partial)).toBe(result);
});

/** What the command prints on standard output. */
async function outputOf(args: string[]): Promise<string> {
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    await (await createProgram()).parseAsync(['edge', ...args], { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  return text;
}

describe('edge plan', () => {
  const flags = ['--cluster', 'sno-a', '--disk', '0x6b07b250ebb9d0002a33509f24af1f62', '--disk-size', '457344MiB'];

  it('takes flags and an intent file, of which flags win', async () => {
    const intent = await put(
      'intent.yaml',
      'cluster: other\npartitions:\n- {purpose: registry, size: 1TiB}\n- {purpose: precache, size: 50GiB}\n',
    );
    const text = await outputOf([
      'plan',
      intent,
      ...flags,
      '--registry',
      '102500MiB',
      '--wave',
      '7',
      '--bind',
      'a=',
      '--bind',
      'b=c',
      '--json',
    ]);
    const { intent: read, layout } = JSON.parse(text) as { intent: object; layout: object };
    expect(read).toMatchObject({ cluster: 'sno-a', wave: 7, bindingRules: { a: '', b: 'c' } });
    expect(layout).toMatchObject({
      partitions: [
        { purpose: 'registry', sizeMiB: 102_500 },
        { purpose: 'precache', sizeMiB: 51_200 },
      ],
    });
  });

  it('prints everything when it is to write nothing', async () => {
    const text = await outputOf(['plan', ...flags, '--containers', 'rest@250000MiB']);
    expect(text).toContain('\n# storage.bu\n');
    expect(text).toContain('\n# siteconfig.yaml\n');
    expect(text).not.toContain('<svg');
  });

  it('writes, and then finds nothing to change', async () => {
    const args = ['plan', ...flags, '--registry', '102500MiB', '--out', join(dir, 'site')];
    expect(await outputOf(args)).toContain('12 files changed\n');
    expect(await outputOf([...args, '--check'])).toContain('everything is as planned\n');
    expect(await readFile(join(dir, 'site/storage.ign'), 'utf8')).toContain('"startMiB":344844');
    await rm(join(dir, 'site/disk.svg'));
    expect(await outputOf([...args, '--check'])).toContain(`would write ${dir}/site/disk.svg\n1 file to change\n`);
    expect(process.exitCode).toBe(1);
    process.exitCode = undefined;
  });

  it.each<[string[], string, number]>([
    [['plan', '--check'], '--check needs --out or --into', 2],
    [['plan', '--cluster', 'a', '--disk', '/dev/sda', '--registry', '5GiB'], '/dev/sda may name another disk', 2],
    [['plan', ...flags, '--registry', '5GiB', '--into', 'docs'], 'no SiteConfig or ClusterInstance of the checkout', 1],
    [['plan', 'absent.yaml'], 'cannot read absent.yaml: there is no such file', 1],
    [['lint', 'bench/src'], 'there is nothing to look at below bench/src', 2],
    [['verify', '--plan', 'package.json'], 'package.json: expected the verification.json of a plan', 2],
  ])('refuses %j', async (args, message, exitCode) => {
    await expect(outputOf(args)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) as string, exitCode }) as Error,
    );
  });

  it.each([
    ['--registry', 'rest@1GiB@2GiB', 'Expected SIZE, SIZE@START'],
    ['--registry', '5 parsecs', 'expected a size in whole MiB'],
    ['--preserve', 'data', 'Expected a label and a size'],
    ['--wave', '-1', 'Expected a whole number'],
    ['--bind', 'sites', 'Expected label=value'],
  ])('refuses %s %s', async (flag, value, message) => {
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = () => true;
    try {
      await expect(outputOf(['plan', `${flag}=${value}`])).rejects.toThrow(message);
    } finally {
      process.stderr.write = write;
    }
  });
});
