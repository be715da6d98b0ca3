import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createImage, createIndex, temporaryFolder, writeOciLayout } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OciLayout } from './oci-layout.js';
import { S3Repository } from './s3-repository.js';
import { S3Store } from './s3-store.js';
import { hasSwift, startSwift, SWIFT_KEYS, SWIFT_PACKAGES } from './testing/swift.js';
import { runCopy } from './testing/run-copy.js';

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
