import type { Image } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { cloudEvent } from './cloud-event.js';
import type { StreamChange } from './stream-changes.js';

const now = new Date('2026-03-04T05:06:07Z');
const change: StreamChange = {
  namespace: 'shop',
  stream: 'app',
  uid: 'u',
  version: '7',
  cause: 'push',
  tag: 'v1',
  digest: 'sha256:aa',
  time: '2026-01-02T03:04:05Z',
};

describe('cloudEvent', () => {
  it('has the attributes of CloudEvents 1.0', () => {
    const event = cloudEvent(change, undefined, now);
    expect(event).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      source: '/apis/image.openshift.io/v1/namespaces/shop/imagestreams/app',
      type: 'io.openshift.image.pushed',
      subject: 'v1',
      time: '2026-01-02T03:04:05Z',
      datacontenttype: 'application/json',
      data: { namespace: 'shop', stream: 'app', tag: 'v1', digest: 'sha256:aa', cause: 'push' },
    });
  });

  it('says what is known of the image', () => {
    const image = {
      dockerImageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
      dockerImageMetadata: { Size: 1328 },
    } as Image;
    expect(cloudEvent(change, image, now).data).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 1328,
    });
  });

  it('of a stream that is gone has no subject, and the present time', () => {
    const { tag: _, digest: __, time: ___, ...gone } = change;
    const event = cloudEvent({ ...gone, cause: 'delete' }, undefined, now);
    expect(event).toMatchObject({ type: 'io.openshift.image.deleted', time: '2026-03-04T05:06:07Z' });
    expect(event).not.toHaveProperty('subject');
  });

  it('has one id for one change', () => {
    const id = (more: Partial<StreamChange>) => cloudEvent({ ...change, ...more }, undefined, now).id;
    expect(id({})).toBe(id({}));
    const others: Partial<StreamChange>[] = [{ tag: 'v2' }, { version: '8' }, { uid: 'w' }, { cause: 'delete' }];
    expect(new Set([{}, ...others].map(id)).size).toBe(5);
  });
});
