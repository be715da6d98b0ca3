import { digestOf, isDigest } from '@longshore/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backlink,
  blobData,
  currentLink,
  digestFromNames,
  flatDigest,
  indexLink,
  layerLink,
  leasedBlob,
  leasedLayerLink,
  leasedRevision,
  parseFlatDigest,
  revisionLink,
  tagFolder,
  tombstone,
  uploadFolder,
} from './layout.js';

const DIGEST = digestOf(Buffer.from(''));
const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const REPOSITORY = '/docker/registry/v2/repositories/team/app';

describe('the layout', () => {
  it.each([
    ['a blob', blobData(DIGEST), `/docker/registry/v2/blobs/sha256/e3/${HEX}/data`],
    ['a layer', layerLink('team/app', DIGEST), `${REPOSITORY}/_layers/sha256/${HEX}/link`],
    ['a manifest', revisionLink('team/app', DIGEST), `${REPOSITORY}/_manifests/revisions/sha256/${HEX}/link`],
    ['a tag', currentLink(tagFolder('team/app', 'v1')), `${REPOSITORY}/_manifests/tags/v1/current/link`],
    [
      'what a tag was',
      indexLink(tagFolder('team/app', 'v1'), DIGEST),
      `${REPOSITORY}/_manifests/tags/v1/index/sha256/${HEX}/link`,
    ],
    ['an upload', uploadFolder('team/app', 'id'), `${REPOSITORY}/_uploads/id`],
  ])('is that of distribution for %s', (_what, path, expected) => {
    expect(path).toBe(expected);
  });

  it.each([
    tombstone('team/app', DIGEST),
    backlink('team/app', 'referrers', DIGEST, DIGEST),
    leasedBlob(DIGEST).condemned,
    leasedLayerLink('team/app', DIGEST).condemned,
    leasedRevision('team/app', DIGEST).condemned,
  ])('has our own files where distribution does not look: %s', (path) => {
    expect(path).toMatch(
      /^\/docker\/registry\/v2\/(longshore|repositories\/team\/app\/(_condemned|_manifests\/(tombstones|backlinks)))\//,
    );
  });

  it.each([
    ['a blob', leasedBlob(DIGEST), blobData(DIGEST)],
    ['a layer link', leasedLayerLink('team/app', DIGEST), layerLink('team/app', DIGEST)],
    ['a revision', leasedRevision('team/app', DIGEST), revisionLink('team/app', DIGEST)],
  ])('leases the file that says that %s is there', (_what, { folder, file }, path) => {
    expect(`${folder}/${file}`).toBe(path);
  });
});

describe('a digest as one name', () => {
  it('can be read back', () => {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest = digestOf(Buffer.from('x'), algorithm);
      expect(flatDigest(digest)).not.toContain(':');
      expect(parseFlatDigest(flatDigest(digest))).toBe(digest);
    }
  });

  it('is found nowhere else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('sha256-', `sha256-${HEX.slice(1)}`, `md5-${HEX}`)), (name) => {
        expect(parseFlatDigest(name)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['sha256', HEX, true],
    ['sha512', HEX, false],
    ['sha512', HEX + HEX, true],
    ['md5', HEX, false],
    ['sha256', HEX.toUpperCase(), false],
    ['sha256', '', false],
    ['__proto__', HEX, false],
  ])('of the folders %s/%s is one: %s', (algorithm, hex, isOne) => {
    const digest = digestFromNames(algorithm, hex);
    expect(digest !== undefined).toBe(isOne);
    if (digest) expect(isDigest(digest)).toBe(true);
  });
});
