import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createImage, runProgram, temporaryFolder, writeOciLayout, type ProgramResult } from '@longshore/testkit';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

// Each command is a process of its own, and machines that test are busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const MAIN = join(import.meta.dirname, '../../bin/longshore.js');
const image = createImage({ seed: 'media', layers: 3, size: 900_000 });

let dir: string;
let media: string;
const env = { PATH: process.env['PATH'], HOME: temporaryFolder('home') };
const longshore = (...args: string[]): Promise<ProgramResult> =>
  runProgram(process.execPath, [MAIN, ...args], { env, cwd: dir, mayFail: true });

beforeAll(async () => {
  dir = temporaryFolder('media-cli');
  const layout = join(dir, 'layout');
  await writeOciLayout(layout, { app: image });
  media = join(dir, 'media');
  const { status } = await longshore(
    'image',
    'mirror',
    `--dir=${media}`,
    '--format=oci',
    `oci:${layout}:app`,
    'file://org/app:v1',
  );
  expect(status).toBe(0);
});
beforeEach(() => void (dir = temporaryFolder('media-cli')));

describe('longshore media', () => {
  it('checks, packs, unpacks and compares', async () => {
    const whole = await longshore('media', 'verify', media);
    expect(whole.status).toBe(0);
    expect(whole.stdout).toMatch(
      /^FORMAT IMAGES BLOBS SIZE {5}LEFT OVER PROBLEMS\noci {4}1 {6}5 {5}2\.\d{3}MiB 0 {9}0\n$/,
    );
    const packed = await longshore('media', 'pack', '--part-size=1Mi', media, 'archive');
    expect(packed.status).toBe(0);
    expect(packed.stdout).toMatch(/^(sha256:[0-9a-f]{64} media-00\d\.tar [0-9.]+[KM]iB\n){3}$/);
    expect(packed.stderr).toMatch(/^info: Packed 1 image into 3 parts, 2\.\d+MiB\n$/);
    const archive = await longshore('media', 'verify', '-o', 'json', 'archive');
    expect(JSON.parse(archive.stdout)).toMatchObject({ format: 'oci', images: 1, parts: 3, problems: [] });
    const unpacked = await longshore('media', 'unpack', 'archive', 'there');
    expect(unpacked.status).toBe(0);
    expect(unpacked.stderr).toMatch(/^info: Unpacked 1 image, 2\.\d+MiB\n$/);
    expect((await longshore('media', 'verify', '--inventory=have.json', 'there')).status).toBe(0);
    const compared = await longshore('media', 'diff', '--have=have.json', media);
    expect(compared.status).toBe(0);
    expect(compared.stdout).toMatch(
      /^Unchanged: 1 image\.\nTo carry: 0 blobs, 0B; the other side has 5, 2\.\d+MiB\.\n$/,
    );
    const info = await longshore('image', 'info', '--dir=there', 'file://org/app:v1', '-o', 'json');
    expect(JSON.parse(info.stdout)).toMatchObject({ digest: image.descriptor.digest });
  });

  it('tells what is wrong, and ends as it is to', async () => {
    await longshore('media', 'pack', '--part-size=1Mi', media, 'archive');
    await longshore('media', 'unpack', 'archive', 'there');
    rmSync(join(dir, 'archive/media-001.tar'));
    const missing = await longshore('media', 'unpack', 'archive', 'again');
    expect([missing.status, missing.stderr]).toEqual([
      4,
      'error: archive: 1 of 3 parts are missing: media-001.tar; put them beside media.json\n',
    ]);
    expect(existsSync(join(dir, 'again'))).toBe(false);
    const [, layer = ''] = image.blobs.map(({ descriptor }) => descriptor.digest.slice(-64));
    appendFileSync(join(dir, 'there/blobs/sha256', layer), 'x');
    const spoilt = await longshore('media', 'verify', 'there');
    expect(spoilt.status).toBe(4);
    const path = join(dir, 'there/blobs/sha256', layer);
    expect(spoilt.stdout.split('\n').slice(2, -1)).toEqual([
      '',
      'IMAGES     PROBLEM',
      `org/app:v1 ${path}: has other content than its name says`,
    ]);
    expect((await longshore('media', 'pack', 'there', 'other')).status).toBe(4);
    const nothing = await longshore('media', 'verify', 'none');
    expect([nothing.status, nothing.stderr]).toEqual([
      1,
      'error: none: has no media.json: it is no archive of media, or was not packed to its end\n',
    ]);
    expect((await longshore('media', 'pack', '--part-size=3', media, 'other')).status).toBe(2);
  });

  it('unpacks in part what somebody else has the rest of', async () => {
    await longshore('media', 'verify', '--inventory=have.json', media);
    await longshore('media', 'pack', '--have=have.json', media, 'archive');
    const refused = await longshore('media', 'unpack', 'archive', 'there');
    expect([refused.status, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/^error: archive: leaves out (sha256:[0-9a-f]{64}(, )?){4}, as the other side said/),
    ]);
    const partial = await longshore('media', 'unpack', '--allow-partial', 'archive', 'there');
    expect([partial.status, partial.stderr]).toEqual([
      0,
      expect.stringMatching(
        /^warning: the archive leaves out 4 blobs, 2\.\d+MiB, .*:\n( {2}sha256:[0-9a-f]{64} \S+B\n){4}info: Unpacked 1 /,
      ),
    ]);
    const mirrored = await longshore('image', 'mirror', '--from-dir=there', 'file://org/app:v1', 'oci:elsewhere:app');
    expect(mirrored.status).toBe(4);
    expect(existsSync(join(dir, 'elsewhere/index.json'))).toBe(false);
  });

  it('leaves nothing half-done on Ctrl-C, and goes on', async () => {
    const child = spawn(process.execPath, [MAIN, 'media', 'pack', '--part-size=1Mi', media, 'archive'], {
      env,
      cwd: dir,
    });
    // The first part is there.
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const [status] = (await once(child, 'exit')) as [number];
    // It may have been done before it heard of it.
    expect([0, 130]).toContain(status);
    expect(
      readdirSync(join(dir, 'archive')).filter((name) => name.endsWith('.partial') || name.endsWith('.lock')),
    ).toEqual([]);
    expect(existsSync(join(dir, 'archive/media.json'))).toBe(status === 0);
    const before = readFileSync(join(dir, 'archive/media-000.tar'));
    expect((await longshore('media', 'pack', '--part-size=1Mi', media, 'archive')).status).toBe(0);
    expect(readFileSync(join(dir, 'archive/media-000.tar')).equals(before)).toBe(true);
    expect((await longshore('media', 'unpack', 'archive', 'there')).status).toBe(0);
  });
});
