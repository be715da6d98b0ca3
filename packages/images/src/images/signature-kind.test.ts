import type { Image, ImageSignature, SignatureCondition } from '@longshore/kube';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal, startImageServer, type ImageServer } from '../testing/image-server.js';
import { manifestText, pushedImage } from '../testing/manifests.js';
import { IMAGES } from './image-kind.js';

const SIGNATURES = 'imagesignatures.image.openshift.io';
const RESOURCE = { group: 'image.openshift.io', version: 'v1', resource: 'imagesignatures' };

let server: ImageServer;
let image: string;
let count = 0;
beforeAll(async () => {
  server = await startImageServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  const { metadata } = await server.create(pushedImage(manifestText({ layers: [['1', ++count]] })));
  image = metadata.name ?? '';
});

const signatureOf = (name: string, more: Partial<ImageSignature> = {}): ImageSignature => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageSignature',
  metadata: { name },
  type: 'AtomicImageV1',
  content: 'YQ==',
  ...more,
});
const sign = (name: string, more: Partial<ImageSignature> = {}) =>
  server.api.objects.create(SIGNATURES, signatureOf(name, more));
const signatures = async () => (await server.get(image)).signatures ?? [];

describe('imagesignatures', () => {
  it('are kept in their image until they are deleted', async () => {
    const created = await sign(`${image}@one`);
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(await signatures()).toEqual([created]);
    expect(await refusal(sign(`${image}@one`))).toEqual([
      `imagesignatures.image.openshift.io "${image}@one" already exists`,
    ]);
    await server.api.objects.delete(SIGNATURES, '', `${image}@one`);
    expect(await signatures()).toEqual([]);
    expect(await refusal(server.api.objects.delete(SIGNATURES, '', `${image}@one`))).toEqual([
      `imagesignatures.image.openshift.io "${image}@one" not found`,
    ]);
  });

  it('lose nothing when several sign at a time', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `${image}@s${at}`);
    await Promise.all(names.map((name) => sign(name)));
    expect((await signatures()).map(({ metadata }) => metadata.name).sort()).toEqual([...names].sort());
  });

  it('do not tell themselves whether they are trusted', async () => {
    await sign(`${image}@one`, {
      conditions: [
        { type: 'Trusted', status: 'True' },
        { type: 'ForImage', status: 'True' },
      ],
      imageIdentity: 'quay.io/app',
      signedClaims: { a: 'b' },
      issuedBy: { commonName: 'me' },
      issuedTo: { publicKeyID: '1' },
      created: '2026-01-01T00:00:00Z',
    });
    expect((await signatures()).map((signature) => Object.keys(signature).sort())).toEqual([
      ['apiVersion', 'content', 'kind', 'metadata', 'type'],
    ]);
  });

  it('can be tried out', async () => {
    await server.client.create(RESOURCE, signatureOf(`${image}@one`), { dryRun: true });
    expect(await signatures()).toEqual([]);
  });

  it('can only be created and deleted', async () => {
    expect(await refusal(server.client.list(RESOURCE))).toEqual([
      'the server does not allow this method on the requested resource',
    ]);
  });

  it.each<[what: string, signature: (image: string) => ImageSignature, problems: string[]]>([
    [
      'without an image',
      () => signatureOf('one'),
      ['metadata.name: Invalid value: "one": must have the form <image name>@<signature name>'],
    ],
    ['with a slash', (image) => signatureOf(`${image}@a/b`), ["may not contain '/'"]],
    ['without a name', () => signatureOf(''), ['metadata.name: Required value']],
    [
      'without type and content',
      (image) => signatureOf(`${image}@one`, { type: '', content: '' }),
      ['content: Required value', 'type: Required value'],
    ],
    [
      'with labels and annotations',
      (image) => signatureOf('', { metadata: { name: `${image}@one`, labels: { a: 'b' }, annotations: { c: 'd' } } }),
      [
        'metadata.labels: Forbidden: signatures have no labels',
        'metadata.annotations: Forbidden: signatures have no annotations',
      ],
    ],
    ['of an unknown image', () => signatureOf('sha256:0@one'), ['images.image.openshift.io "sha256:0" not found']],
  ])('are refused %s', async (_what, signature, problems) => {
    const found = await refusal(server.api.objects.create(SIGNATURES, signature(image)));
    expect(found).toEqual(problems.map((problem) => expect.stringContaining(problem) as string));
  });

  it('take the deprecated annotation', async () => {
    const annotations = { 'image.openshift.io/managed-signature': 'true' };
    const { metadata } = await sign('', { metadata: { name: `${image}@one`, annotations } });
    expect(metadata.annotations).toEqual({});
  });

  it('are deleted only when they are the ones that are meant', async () => {
    const { metadata } = await sign(`${image}@one`);
    const remove = (uid = '') => server.client.delete(RESOURCE, `${image}@one`, { preconditions: { uid } });
    expect(await refusal(remove('another'))).toEqual([
      `Operation cannot be fulfilled on imagesignatures.image.openshift.io "${image}@one": the precondition is the UID another, but its UID is ${metadata.uid}`,
    ]);
    await remove(metadata.uid);
    expect(await signatures()).toEqual([]);
  });
});

describe('signatures of an image', () => {
  const write = async (change: (image: Image) => Partial<Image>) => {
    const old = await server.get(image);
    return server.api.objects.update<Image>(IMAGES, { ...old, ...change(old) });
  };
  const condition = (type: string, status: SignatureCondition['status'] = 'True', lastProbeTime?: string) => ({
    type,
    status,
    ...(lastProbeTime !== undefined && { lastProbeTime }),
  });
  const found = {
    imageIdentity: 'quay.io/app',
    issuedTo: { publicKeyID: '1' },
    issuedBy: {},
    signedClaims: { a: 'b' },
  };
  const unknown = (field: string, value: string) =>
    `signatures[0].${field}: Invalid value: ${value}: must be empty while it is not known whether the signature is trusted`;

  it.each<[what: string, signature: Partial<ImageSignature>, problems: string[]]>([
    ['are plain', {}, []],
    ['are trusted', { conditions: [condition('Trusted'), condition('ForImage')], ...found }, []],
    ['are not trusted', { conditions: [condition('Trusted', 'False'), condition('ForImage')], imageIdentity: 'a' }, []],
    [
      'were not looked at',
      found,
      [
        unknown('imageIdentity', '"quay.io/app"'),
        unknown('signedClaims', '{"a":"b"}'),
        unknown('issuedBy', '{}'),
        unknown('issuedTo', '{"publicKeyID":"1"}'),
      ],
    ],
    [
      'lack a condition',
      { conditions: [condition('Expired'), condition('Trusted')] },
      ['signatures[0].conditions: Required value: there must be one of type ForImage among them'],
    ],
    [
      'were trusted before',
      {
        conditions: [
          condition('Trusted', 'Unknown', '2026-01-02T00:00:00Z'),
          condition('Trusted', 'True', '2026-01-01T00:00:00Z'),
          condition('ForImage'),
        ],
        imageIdentity: 'a',
      },
      [unknown('imageIdentity', '"a"')],
    ],
  ])('are checked when they %s', async (_what, signature, problems) => {
    const writing = write(() => ({ signatures: [signatureOf(`${image}@one`, signature)] }));
    expect(await refusal(writing)).toEqual(problems);
  });

  it('have names of their own, and of their image', async () => {
    const twice = [signatureOf(`${image}@one`), signatureOf(`${image}@one`), signatureOf('sha256:0@two')];
    expect(await refusal(write(() => ({ signatures: twice })))).toEqual([
      `signatures[1].metadata.name: Duplicate value: "${image}@one"`,
      `signatures[2].metadata.name: Invalid value: "sha256:0@two": must begin with ${image}@`,
    ]);
  });

  it('need names', async () => {
    const { metadata: _metadata, ...nameless } = signatureOf('');
    expect(await refusal(write(() => ({ signatures: [nameless as ImageSignature] })))).toEqual([
      'signatures[0].metadata.name: Required value',
    ]);
  });

  it('keep type and content', async () => {
    await sign(`${image}@one`);
    const changed = ({ signatures = [] }: Image) => ({
      signatures: [...signatures.map((signature) => ({ ...signature, content: 'Yg==' })), signatureOf(`${image}@two`)],
    });
    expect(await refusal(write(changed))).toEqual(['signatures[0].content: Invalid value: "Yg==": field is immutable']);
  });

  it('may be taken away', async () => {
    await sign(`${image}@one`);
    await write(() => ({ signatures: [] }));
    expect(await signatures()).toEqual([]);
  });
});
