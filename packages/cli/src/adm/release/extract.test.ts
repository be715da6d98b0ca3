import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { blobOf, createManifest, MEDIA_TYPES, StubRegistry, tarOf, temporaryFolder } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testing/run-command.js';
import { createRelease, type TestRelease } from './testing/release-image.js';

const REQUEST = (cloud: string) =>
  `apiVersion: cloudcredential.openshift.io/v1\nkind: CredentialsRequest\nspec:\n  providerSpec:\n    kind: ${cloud}ProviderSpec\n`;
const MANIFESTS = {
  '0000_00_a.yaml': 'kind: Namespace\n',
  '0000_50_credentials.yaml': `${REQUEST('AWS')}---\n${REQUEST('GCP')}`,
};
const ROOM = (name: string) => `\0_RELEASE_${name}_LOCATION_\0${'X'.repeat(300)}\0`;
let registry: StubRegistry;
let release: TestRelease;
let place: string;

beforeAll(async () => {
  registry = await StubRegistry.start();
  const config = blobOf(Buffer.from('{"os":"linux","architecture":"amd64"}'), MEDIA_TYPES.docker.config);
  const oc = Buffer.concat([
    Buffer.alloc(1024 * 1024 - 700, 1),
    Buffer.from(ROOM('VERSION') + ROOM('IMAGE')),
    Buffer.alloc(9, 2),
  ]);
  const layer = blobOf(gzipSync(tarOf([{ path: 'usr/bin/oc', content: oc, mode: 0o755 }])), MEDIA_TYPES.docker.layer);
  const cli = createManifest('docker', config, [layer]);
  const repository = `${registry.host}/ocp/art-dev`;
  release = await createRelease({ repository, components: { cli }, manifests: MANIFESTS });
  for (const image of release.components.values()) registry.publish('ocp/art-dev', image);
  registry.publish('ocp/ocp-release', release.image, '4.99.0-x86_64');
  place = `${registry.host}/ocp/ocp-release:4.99.0-x86_64`;
});

afterAll(() => registry.close());

const env = { HOME: temporaryFolder('release-extract') };
const extract = (...args: string[]) => runCommand(['adm', 'release', 'extract', '--insecure', ...args], { env });
const said = () =>
  `Extracted release payload from digest ${release.image.descriptor.digest} created at 2026-11-22T02:25:15Z\n`;

describe('longshore adm release extract', () => {
  it('writes all files', async () => {
    const to = join(temporaryFolder('release-files'), 'new');
    expect(await extract(`--to=${to}`, place)).toEqual({ status: 0, stderr: '', stdout: said() });
    expect((await readdir(to)).sort()).toEqual(
      [...Object.keys(MANIFESTS), 'image-references', 'release-metadata'].sort(),
    );
    const read = (name: string) => readFile(join(to, name), 'utf8');
    expect(await read('0000_00_a.yaml')).toBe('---\nkind: Namespace\n');
    expect(await read('0000_50_credentials.yaml')).toBe(`---\n${REQUEST('AWS')}---\n${REQUEST('GCP')}`);
    expect(await read('release-metadata')).toMatch(/^\{/);
  });

  it('prints one file', async () => {
    expect(await extract('--file=0000_00_a.yaml', `--from=${place}`)).toEqual({
      status: 0,
      stderr: '',
      stdout: 'kind: Namespace\n',
    });
    expect(await extract('--file=nope', place)).toMatchObject({
      status: 1,
      stderr: 'longshore: image did not contain nope\n',
    });
  });

  it.each([
    [[], `---\n${REQUEST('AWS')}---\n${REQUEST('GCP')}`],
    [['--cloud=aws'], `---\n${REQUEST('AWS')}`],
  ])('writes requests for credentials %j', async (args, expected) => {
    const to = temporaryFolder('release-requests');
    expect(await extract('--credentials-requests', ...args, `--to=${to}`, place)).toMatchObject({ status: 0 });
    expect(await readdir(to)).toEqual(['0000_50_credentials.yaml']);
    expect(await readFile(join(to, '0000_50_credentials.yaml'), 'utf8')).toBe(expected);
  });

  it('writes a program that knows its release', async () => {
    const to = temporaryFolder('release-command');
    expect(await extract('--command=oc', `--to=${to}`, place)).toEqual({ status: 0, stderr: '', stdout: said() });
    expect(await readdir(to)).toEqual(['oc']);
    const text = (await readFile(join(to, 'oc'))).toString('latin1');
    expect(text).toContain('\0_RELEASE_VERSION_LOCATION_\x004.99.0\0XXX');
    expect(text).toContain(
      `\0_RELEASE_IMAGE_LOCATION_\0${registry.host}/ocp/ocp-release@${release.image.descriptor.digest}\0XX`,
    );
    expect((await stat(join(to, 'oc'))).mode & 0o777).toBe(0o755);
  });

  it('packs all programs', async () => {
    const to = temporaryFolder('release-tools');
    expect(await extract('--tools', `--to=${to}`, place)).toMatchObject({ status: 0, stderr: '' });
    expect((await readdir(to)).sort()).toEqual(['openshift-client-linux-4.99.0.tar.gz', 'sha256sum.txt']);
    const archive = gunzipSync(await readFile(join(to, 'openshift-client-linux-4.99.0.tar.gz')));
    expect(archive.toString('latin1', 0, 100)).toMatch(/^oc\0/);
    expect(await readFile(join(to, 'sha256sum.txt'), 'utf8')).toMatch(
      /^[0-9a-f]{64} {2}openshift-client-linux-4\.99\.0\.tar\.gz\n$/,
    );
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /must specify a release image; no cluster can be asked/],
    [['--from=a', 'b'], 2, /may not specify an argument and --from/],
    [['--tools', '--file=x', 'a'], 2, /only one of/],
    [['--cloud=aws', 'a'], 2, /is for --credentials-requests/],
    [['--credentials-requests', '--cloud=moon', 'a'], 2, /must be one of alibabacloud, aws/],
    [['--command=vi', 'a'], 2, /no program vi for linux/],
    [['--git=x', 'a'], 2, /^/],
  ])('%j is refused', async (args, status, message) => {
    const result = await extract(...args);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(message);
  });

  it('fails when the release has no such program', async () => {
    const to = temporaryFolder('release-none');
    const { status, stderr } = await extract('--command=ccoctl', `--to=${to}`, place);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'longshore: the release has no image cloud-credential-operator, which holds ccoctl\n',
    });
    expect(await readdir(to)).toEqual([]);
  });
});
