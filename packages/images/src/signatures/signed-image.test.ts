import { IMAGE_ANNOTATIONS, type Image } from '@longshore/kube';
import { digestOf } from '@longshore/oci';
import { describe, expect, it } from 'vitest';
import { checkSignature } from '../images/signature-validation.js';
import { missingSignatures, withSignatures } from './signed-image.js';

const name = digestOf(Buffer.from('image'));
const now = new Date('2026-01-02T03:04:05Z');
const message = (text: string) => Buffer.concat([Buffer.of(0xa3), Buffer.from(text)]);
const image = (more: Partial<Image> = {}): Image => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'Image',
  metadata: { name },
  dockerImageReference: `quay.io/team/app@${name}`,
  ...more,
});
const signatures = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageSignature',
    metadata: { name: `${name}@old-${index}` },
    type: 'AtomicImageV1',
    content: message(`old ${index}`).toString('base64'),
  }));
const contents = (signed: Image | undefined) =>
  signed?.signatures?.map(({ content }) => Buffer.from(content, 'base64').subarray(1).toString());
const add = (to: Image, ...found: Buffer[]) =>
  withSignatures(
    to,
    found.map((content) => ({ content, from: 'https://store.test' })),
    now,
  );

describe('signatures that were found', () => {
  it('are added with a name of their own, and as not verified', () => {
    const [signature] = add(image(), message('one'))?.signatures ?? [];
    expect(signature).toMatchObject({
      metadata: { name: `${name}@${digestOf(message('one')).slice(7)}`, creationTimestamp: '2026-01-02T03:04:05Z' },
      type: 'AtomicImageV1',
      content: message('one').toString('base64'),
      conditions: ['Trusted', 'ForImage'].map((type) => ({
        type,
        status: 'Unknown',
        reason: 'NotVerified',
        message: 'found at https://store.test; nobody has verified it',
      })),
    });
    expect(signature && checkSignature(signature, name)).toEqual([]);
  });

  it.each<[string, Image, Buffer[], string[] | undefined]>([
    ['once', image(), [message('a'), message('a'), message('b')], ['a', 'b']],
    ['behind the old ones', image({ signatures: signatures(1) }), [message('a')], ['old 0', 'a']],
    ['not when they are known', image({ signatures: signatures(2) }), [message('old 1')], undefined],
    ['not when they are none', image(), [Buffer.from('<html>'), Buffer.alloc(0)], undefined],
    ['up to ten', image({ signatures: signatures(9) }), [message('a'), message('b')], [...old(9), 'a']],
    ['not beyond ten', image({ signatures: signatures(12) }), [message('a')], undefined],
  ])('are added %s', (_, to, found, expected) => {
    expect(contents(add(to, ...found))).toEqual(expected);
  });

  it('are not looked for where images were pushed here', () => {
    const managed = image({ metadata: { name, annotations: { [IMAGE_ANNOTATIONS.managed]: 'true' } } });
    expect([missingSignatures(managed), missingSignatures(image({ signatures: signatures(3) }))]).toEqual([0, 7]);
  });
});

function old(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `old ${index}`);
}
