import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createImage,
  createIndex,
  findProgram,
  freePort,
  runProgram,
  startProcess,
  temporaryFolder,
  writeOciLayout,
  type RunningProcess,
} from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OciLayout } from './oci-layout.js';
import { S3Repository } from './s3-repository.js';
import { S3Store } from './s3-store.js';
import { runCopy } from './testing/run-copy.js';

const SERVERS = ['account', 'container', 'object'] as const;
const START_TIMEOUT_MS = 120_000;

const SWIFT_PACKAGES = 'swift-proxy swift-account swift-container swift-object memcached';
const SWIFT_KEYS = { username: 'test:tester', password: 'testing' };

const isThere = await hasSwift();
const region = 'us-east-1';
const large = createImage({ seed: 'large', size: 11 * 1024 * 1024 });
const list = createIndex([createImage({ seed: 'amd', size: 100_000 }), large]);

describe.skipIf(!isThere)(`OpenStack Swift with S3 (where it is missing: apt-get install ${SWIFT_PACKAGES})`, () => {
  let swift: Awaited<ReturnType<typeof startSwift>>;
  let store: S3Store | undefined;
  beforeAll(async () => {
    swift = await startSwift();
    const { username: accessKeyId, password: secretAccessKey } = SWIFT_KEYS;
    const admin = new S3Client({
      region,
      endpoint: `http://${swift.host}`,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    await admin.send(new CreateBucketCommand({ Bucket: 'mirror' }));
    admin.destroy();
    const access = { insecure: () => true, credentials: () => [SWIFT_KEYS] };
    store = new S3Store({ host: swift.host, region, bucket: 'mirror' }, access);
  }, 300_000);
  afterAll(async () => {
    await store?.close();
    await swift.stop();
  });

  it('takes images, copies them inside and gives them back', async () => {
    const dir = temporaryFolder('swift-source');
    await writeOciLayout(dir, { list });
    const [one, two] = ['org/one', 'org/two'].map((name) => new S3Repository(store as S3Store, name)) as [
      S3Repository,
      S3Repository,
    ];
    const back = new OciLayout(temporaryFolder('swift-back'));
    await runCopy([{ source: new OciLayout(dir), reference: 'list', targets: [{ target: one, tag: 'v1' }] }]);
    const { events } = await runCopy([{ source: one, reference: 'v1', targets: [{ target: two, tag: 'v2' }] }]);
    expect(events.filter(({ type }) => type === 'mounted')).toHaveLength(2);
    await runCopy([{ source: two, reference: 'v2', targets: [{ target: back, tag: 'v2' }] }]);
    expect((await back.manifest('v2')).digest).toBe(list.descriptor.digest);
    const tags: string[] = [];
    for await (const tag of two.tags({ signal: new AbortController().signal })) tags.push(tag);
    expect(tags).toEqual(['v2']);
  }, 120_000);

  it('refuses another key', async () => {
    const access = { insecure: () => true, credentials: () => [{ ...SWIFT_KEYS, password: 'other' }] };
    const other = new S3Store({ host: swift.host, region, bucket: 'mirror' }, access);
    await expect(
      new S3Repository(other, 'org/one').manifest('v1', { signal: new AbortController().signal }),
    ).rejects.toMatchObject({ name: 'RemoteError', code: 'WRONG_CREDENTIALS' });
    await other.close();
  }, 120_000);
});

/** Whether OpenStack Swift can be started here. */
async function hasSwift(): Promise<boolean> {
  const programs = ['swift-proxy-server', 'swift-object-server', 'swift-ring-builder', 'memcached'];
  return (await Promise.all(programs.map(findProgram))).every((path) => path !== undefined);
}

/** Starts OpenStack Swift with its S3 interface, on one disk and loopback. */
async function startSwift(): Promise<{ host: string; stop: () => Promise<void> }> {
  const dir = temporaryFolder('swift');
  const rings = join(dir, 'rings');
  await mkdir(join(dir, 'disks/sdb'), { recursive: true });
  await mkdir(rings);
  await writeFile(
    join(rings, 'swift.conf'),
    '[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n[storage-policy:0]\nname = zero\ndefault = yes\n',
  );
  const running: RunningProcess[] = [];
  const start = async (command: string, args: string[], port: number) => {
    running.push(await startProcess({ command, args, ready: { port }, timeout: START_TIMEOUT_MS }));
  };
  const stop = async () => void (await Promise.all(running.map((one) => one.kill9())));
  try {
    const cache = await freePort();
    await start('memcached', ['-u', 'root', '-l', '127.0.0.1', '-p', `${cache}`], cache);
    for (const server of SERVERS) {
      const port = await freePort();
      const builder = join(rings, `${server}.builder`);
      const place = ['--region', '1', '--zone', '1', '--ip', '127.0.0.1', '--port', `${port}`, '--device', 'sdb'];
      await runProgram('swift-ring-builder', [builder, 'create', '4', '1', '1']);
      await runProgram('swift-ring-builder', [builder, 'add', ...place, '--weight', '1']);
      await runProgram('swift-ring-builder', [builder, 'rebalance']);
      const conf = join(dir, `${server}.conf`);
      const disks = `devices = ${join(dir, 'disks')}\nmount_check = false\n`;
      await writeFile(
        conf,
        `${common(rings, port)}${disks}[pipeline:main]\npipeline = ${server}-server\n[app:${server}-server]\nuse = egg:swift#${server}\n`,
      );
      await start(`swift-${server}-server`, [conf], port);
    }
    const port = await freePort();
    await writeFile(join(dir, 'proxy.conf'), common(rings, port) + proxyFilters(cache));
    await start('swift-proxy-server', [join(dir, 'proxy.conf')], port);
    return { host: `127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function common(rings: string, port: number): string {
  return `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nswift_dir = ${rings}\nuser = root\n`;
}

function proxyFilters(cachePort: number): string {
  const filters = {
    catch_errors: '',
    cache: `memcache_servers = 127.0.0.1:${cachePort}\n`,
    listing_formats: '',
    s3api: 'location = us-east-1\n',
    tempauth: 'user_test_tester = testing .admin\n',
    copy: '',
    slo: '',
    dlo: '',
  };
  const sections = Object.entries(filters).map(([name, more]) => {
    const egg = name === 'cache' ? 'memcache' : name;
    return `[filter:${name}]\nuse = egg:swift#${egg}\n${more}`;
  });
  const pipeline = `[pipeline:main]\npipeline = ${Object.keys(filters).join(' ')} proxy-server\n`;
  return `${pipeline}[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n${sections.join('')}`;
}
