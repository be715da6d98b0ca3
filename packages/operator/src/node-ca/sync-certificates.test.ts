import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { hostFolder, removeCertificates, syncCertificates } from './sync-certificates.js';

let root: string;
let folders: { source: string; target: string };

beforeEach(() => {
  root = temporaryFolder('node-ca');
  folders = { source: join(root, 'source'), target: join(root, 'target') };
  mkdirSync(folders.source);
});

const put = (name: string, text = name) => writeFileSync(join(folders.source, name), text);
const hosts = () => readdirSync(folders.target).sort();

describe('hostFolder', () => {
  it.each([
    ['1.1.1.1..5000', '1.1.1.1:5000'],
    ['a..b..5000.crt', 'a..b:5000.crt'],
    ['reg.example.com', 'reg.example.com'],
    ['x..', 'x:'],
    ['storage-ca-bundle.pem', undefined],
    ['..data', undefined],
    ['.hidden', undefined],
  ])('%s -> %s', (file, folder) => {
    expect(hostFolder(file)).toBe(folder);
  });
});

describe('syncCertificates', () => {
  it('writes a folder for each host, once', async () => {
    for (const name of ['1.1.1.1..5000', 'reg.example.com', 'storage-ca-bundle.pem']) put(name);
    mkdirSync(join(folders.source, 'folder'));
    expect(await syncCertificates(folders)).toEqual({ copied: 2, skipped: 0, trimmed: 0, problems: [] });
    expect(hosts()).toEqual(['1.1.1.1:5000', 'reg.example.com']);
    expect(readFileSync(join(folders.target, '1.1.1.1:5000', 'ca.crt'), 'utf8')).toBe('1.1.1.1..5000');
    put('reg.example.com', 'another');
    expect(await syncCertificates(folders)).toEqual({ copied: 1, skipped: 1, trimmed: 0, problems: [] });
    expect(readFileSync(join(folders.target, 'reg.example.com', 'ca.crt'), 'utf8')).toBe('another');
  });

  it('removes its own folders when their host is gone, and nothing of others', async () => {
    for (const name of ['old.example.com..5000', 'kept.example.com']) put(name);
    await syncCertificates(folders);
    mkdirSync(join(folders.target, 'admin.example.com'));
    writeFileSync(join(folders.target, 'plain'), '');
    writeFileSync(join(folders.target, 'kept.example.com', 'client.cert'), '');
    for (const name of ['old.example.com..5000', 'kept.example.com']) rmSync(join(folders.source, name));
    expect(await syncCertificates(folders)).toEqual({ copied: 0, skipped: 0, trimmed: 2, problems: [] });
    expect(hosts()).toEqual(['admin.example.com', 'kept.example.com', 'plain']);
    expect(existsSync(join(folders.target, 'kept.example.com', 'ca.crt'))).toBe(false);
  });

  it.each([[[]], [['ca.crt.tmp']], [['.longshore-node-ca.tmp']]])(
    'knows a folder with %j from an interrupted run',
    async (left) => {
      put('reg.example.com');
      const folder = join(folders.target, 'reg.example.com');
      mkdirSync(folder, { recursive: true });
      for (const name of left) writeFileSync(join(folder, name), '');
      expect(await syncCertificates(folders)).toMatchObject({ copied: 1, problems: [] });
      writeFileSync(join(folder, 'ca.crt.tmp'), '');
      rmSync(join(folders.source, 'reg.example.com'));
      expect(await syncCertificates(folders)).toMatchObject({ trimmed: 1, problems: [] });
      expect(hosts()).toEqual([]);
    },
  );

  it('are all taken away at the end, but nothing of others', async () => {
    put('reg.example.com');
    await syncCertificates(folders);
    mkdirSync(join(folders.target, 'admin.example.com'));
    await removeCertificates(folders.target);
    expect(hosts()).toEqual(['admin.example.com']);
    await removeCertificates(join(root, 'missing'));
  });

  it('goes on after an entry that cannot be written', async () => {
    for (const name of ['a', 'b']) put(name);
    mkdirSync(folders.target);
    writeFileSync(join(folders.target, 'a'), 'in the way');
    const { copied, problems } = await syncCertificates(folders);
    expect(copied).toBe(1);
    expect(problems[0]).toMatch(/^a: /);
  });
});
