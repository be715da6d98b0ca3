import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createCertificateAuthority,
  createImage,
  issueServerCertificate,
  pushTree,
  requireProgram,
  runProgram,
  startDockerRegistry,
  startProcess,
  temporaryFolder,
  type RunningRegistry,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

const MAIN = join(import.meta.dirname, '../../bin/longshore.js');
const dir = temporaryFolder('image-serve');
const env = { PATH: process.env['PATH'], HOME: dir, XDG_STATE_HOME: join(dir, 'state') };
const image = createImage({ seed: 'served' });
let registry: RunningRegistry;

const longshore = (...args: string[]) => runProgram(process.execPath, [MAIN, ...args], { env, cwd: dir });

beforeAll(async () => {
  registry = await startDockerRegistry({ root: temporaryFolder('image-serve-registry') });
  await pushTree(registry, 'team/app', image, 'v1');
  const source = `${new URL(registry.url).host}/team/app:v1`;
  for (const format of ['v2', 'oci']) {
    const to = [`--dir=media-${format}`, `--format=${format}`];
    await longshore('image', 'mirror', '--insecure', ...to, source, 'file://team/app:v1');
  }
}, 60_000);
afterAll(() => registry.stop());

describe('longshore image serve', () => {
  it.each<['v2' | 'oci', boolean]>([
    ['v2', false],
    ['v2', true],
    ['oci', false],
  ])('gives what was mirrored as %s, with TLS: %s', async (format, secure) => {
    const authority = await createCertificateAuthority(temporaryFolder('image-serve-ca'));
    const tls = await issueServerCertificate(authority, { dir: temporaryFolder('image-serve-tls') });
    const more = secure ? [`--tls-crt=${tls.certificate}`, `--tls-key=${tls.key}`] : [];
    const server = await startProcess({
      command: process.execPath,
      args: [MAIN, 'image', 'serve', `--dir=${join(dir, `media-${format}`)}`, '--listen=127.0.0.1:0', ...more],
      ready: { output: /Serving .* at http/ },
    });
    const url = await server.waitForOutput((text) => /at (https?:\/\/\S+)/.exec(text)?.[1]);
    expect(url.startsWith('https:')).toBe(secure);
    const skopeo = await requireProgram('skopeo', 'skopeo');
    const from = `docker://${new URL(url).host}/team/app:v1`;
    const copied = join(temporaryFolder('image-serve-copy'), 'copy');
    await runProgram(skopeo, ['copy', '--src-tls-verify=false', from, `dir:${copied}`]);
    const { stdout } = await runProgram(skopeo, ['inspect', '--raw', `dir:${copied}`]);
    expect(stdout).toBe(image.bytes.toString());
    expect(await server.stop()).toBe(0);
  });

  it.each<[string, string[], RegExp]>([
    ['a folder without images', [`--dir=${dir}`], /has no images: .*; name by --dir/],
    ['half of what TLS needs', ['--tls-crt=tls.crt'], /--tls-crt and --tls-key go together/],
    ['an address that is none', ['--listen=here'], /It is HOST:PORT/],
  ])('refuses %s', async (_, args, message) => {
    const { status, stderr } = await runCommand(['image', 'serve', ...args]);
    expect({ status, message: message.test(stderr) }).toEqual({ status: 2, message: true });
  });

  it('tells of certificates that cannot be read', async () => {
    mkdirSync(join(dir, 'empty/v2'), { recursive: true });
    writeFileSync(join(dir, 'bad.crt'), 'no certificate');
    const bad = join(dir, 'bad.crt');
    const args = [`--dir=${join(dir, 'empty')}`, '--listen=127.0.0.1:0', `--tls-crt=${bad}`, `--tls-key=${bad}`];
    const { status, stderr } = await runCommand(['image', 'serve', ...args]);
    expect(stderr).toMatch(/cannot serve on 127\.0\.0\.1:0: /);
    expect(status).toBe(1);
  });
});
