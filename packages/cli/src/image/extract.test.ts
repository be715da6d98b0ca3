import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { blobOf, createManifest, MEDIA_TYPES, StubRegistry, tarOf, temporaryFolder } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

let registry: StubRegistry;
let image: string;
const env = { HOME: temporaryFolder('image-extract') };

function layerOf(files: Record<string, string>) {
  const entries = Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) }));
  return blobOf(gzipSync(tarOf(entries)), MEDIA_TYPES.oci.layer);
}

/** An image of two layers; the second one replaces a file and takes another one away. */
beforeAll(async () => {
  registry = await StubRegistry.start();
  const config = blobOf(Buffer.from('{"os":"linux","architecture":"amd64"}'), MEDIA_TYPES.oci.config);
  const layers = [
    layerOf({ 'bin/a': 'old', 'bin/b': 'b', 'etc/gone': 'x' }),
    layerOf({ 'bin/a': 'new', 'etc/.wh.gone': '', 'etc/kept': 'kept' }),
  ];
  registry.publish('team/app', createManifest('oci', config, layers), 'v1');
  const evil = createManifest('oci', config, [layerOf({ '../../evil': 'x' })]);
  registry.publish('team/app', evil, 'evil');
  image = `${registry.host}/team/app:v1`;
});

afterAll(() => registry.close());

const extract = (...args: string[]) => runCommand(['image', 'extract', '--insecure', ...args], { env });
const files = async (dir: string) => (await readdir(dir, { recursive: true })).sort();

describe('longshore image extract', () => {
  it.each([
    ['/', '', ['bin', 'bin/a', 'bin/b', 'etc', 'etc/kept']],
    ['/bin/', '', ['a', 'b']],
    ['/bin/', '[0]', ['a', 'b']],
    ['/bin/', '[-1]', ['a']],
    ['/etc', '[0]', ['etc', 'etc/gone']],
  ])('writes %s of %s', async (path, layers, expected) => {
    const dir = temporaryFolder('extracted');
    const result = await extract('--path', `${path}:${dir}`, `${image}${layers}`);
    expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await files(dir)).toEqual(expected);
  });

  it('takes files of the last layer that has them', async () => {
    const dir = temporaryFolder('extracted');
    await extract('--path', `/bin/a:${dir}`, image);
    expect(await readFile(join(dir, 'a'), 'utf8')).toBe('new');
  });

  it('writes where something is only when told', async () => {
    const dir = temporaryFolder('extracted');
    const args = ['--path', `/bin/:${dir}`, image];
    await extract(...args);
    expect(await extract(...args)).toMatchObject({
      status: 2,
      stderr: `longshore: ${dir} is not empty; pass --confirm to write there\n`,
    });
    expect(await extract('--confirm', ...args)).toMatchObject({ status: 0 });
  });

  it('lists what it would write', async () => {
    const { stdout, status } = await extract('--dry-run', '--path=/etc/:x', image);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '- 0644          4 etc/kept\n' });
    const all = await extract('--dry-run', '--all-layers', '--path=/etc/:x', image);
    expect(all.stdout.replaceAll(/sha256:\w+/g, 'LAYER')).toBe(
      'LAYER\n- 0644          1 etc/gone\nLAYER\n- 0644          0 etc/.wh.gone\n- 0644          4 etc/kept\n',
    );
  });

  it.each<[string, string[], number, RegExp]>([
    ['a folder that is not there', ['--path=/:/none/here'], 2, /ENOENT; it must be there/],
    ['all layers without a dry run', ['--all-layers'], 2, /is for --dry-run/],
    ['a file that is not there', ['--confirm', '--file=/bin/none'], 1, /image did not contain bin\/none/],
    ['more files than are read', ['--max-entries=2', '--confirm', '--file=/bin/none'], 1, /more than 2 files/],
  ])('refuses %s', async (_, args, status, message) => {
    const result = await extract(...args, image);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
  });

  it('refuses an image that leads out', async () => {
    const dir = temporaryFolder('extracted');
    const { status, stderr } = await extract('--path', `/:${dir}`, `${registry.host}/team/app:evil`);
    expect({ status, files: await files(dir) }).toEqual({ status: 1, files: [] });
    expect(stderr).toMatch(/leads out of it/);
  });
});
