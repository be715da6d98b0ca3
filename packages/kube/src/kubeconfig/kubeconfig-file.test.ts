import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeContext, type ContextEntries } from './kubeconfig-file.js';
import { parseKubeconfig } from './kubeconfig.js';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = temporaryFolder('kubeconfig');
  path = join(dir, 'below', 'config');
});

const entries = (name: string, token: string): ContextEntries => ({
  name,
  namespace: 'shop',
  cluster: { name: 'local', fields: { server: 'https://127.0.0.1:6443' } },
  user: { name: 'alice/local', fields: { token } },
});

describe('writeContext', () => {
  it('makes a private file', async () => {
    await writeContext(path, entries('shop/local/alice', 'one'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const config = parseKubeconfig(await readFile(path, 'utf8'), path);
    expect(config.currentContext).toBe('shop/local/alice');
    expect(config.users.get('alice/local')?.fields).toEqual({ token: 'one' });
    expect(config.contexts.get('shop/local/alice')?.fields).toEqual({
      cluster: 'local',
      user: 'alice/local',
      namespace: 'shop',
    });
  });

  it('replaces what it wrote before and leaves the rest', async () => {
    await writeContext(path, entries('a', 'one'));
    const text = await readFile(path, 'utf8');
    await writeFile(path, `# mine\n${text}extensions: []\n`);
    await writeContext(path, entries('a', 'two'));
    await writeContext(path, entries('b', 'three'));
    const changed = await readFile(path, 'utf8');
    expect(changed).toMatch(/^# mine\n/);
    expect(changed).toContain('extensions: []');
    const config = parseKubeconfig(changed, path);
    expect([...config.contexts.keys()]).toEqual(['a', 'b']);
    expect([...config.users.values()].map(({ fields }) => fields)).toEqual([{ token: 'three' }]);
  });

  it('refuses a file that is none, and one that another program writes', async () => {
    await writeContext(path, entries('a', 'one'));
    await writeFile(`${path}.lock`, '');
    await expect(writeContext(path, entries('a', 'two'))).rejects.toThrow(`${path}.lock is there`);
    await rm(`${path}.lock`);
    await writeFile(path, 'users: 7');
    await expect(writeContext(path, entries('a', 'two'))).rejects.toThrow('users must be a list');
    expect(await readFile(path, 'utf8')).toBe('users: 7');
  });
});
