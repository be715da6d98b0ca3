import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkUrl } from './url.js';

describe('checkUrl', () => {
  it.each([
    ['https://a/b?c#d', 0, undefined],
    ['HTTP://a', 0, undefined],
    ['tftp://a/b', 0, undefined],
    ['gs://a/b', 1, 'invalid url scheme'],
    ['gs://a/b', 2, undefined],
    ['s3://a/b', 0, undefined],
    ['s3://a?versionId', 1, 'invalid S3 object VersionId'],
    ['s3://a?x=1&versionId=2', 1, undefined],
    ['arn:aws:s3:::bkt/key', 3, 'invalid url scheme'],
    ['arn:aws:s3:::bkt/key', 4, undefined],
    ['arn:aws:s3:::bkt', 4, 'invalid S3 ARN format'],
    ['arn:aws:ec2:::bkt/key', 4, 'invalid S3 ARN format'],
    ['arn:aws:s3:r:1:accesspoint/ap', 4, 'invalid S3 ARN format'],
    ['arn:aws:s3:r:1:accesspoint/ap/object/k', 4, undefined],
    ['foo', 3, 'invalid url scheme'],
    ['file:///a', 3, 'invalid url scheme'],
    [':foo', 3, 'unable to parse url'],
    ['1a:b', 3, 'unable to parse url'],
    ['http://a b', 3, 'unable to parse url'],
    ['http://a^b/', 3, 'unable to parse url'],
    ['http://a/%zz', 3, 'unable to parse url'],
    ['http://[::1', 3, 'unable to parse url'],
    ['http://[::1]:80/', 3, undefined],
    ['http://a:x/', 3, 'unable to parse url'],
    ['http://a/\u0001', 3, 'unable to parse url'],
    ['http://a#\u0001', 3, undefined],
    ['http://u:p@a', 3, undefined],
    ['http://us er@a', 3, 'unable to parse url'],
    ['http://\u00e9@a', 3, 'unable to parse url'],
    ['http://\u00e9', 3, undefined],
    ['http://a<b>', 3, undefined],
    ['http://a::80', 3, undefined],
    ['http://%41', 3, 'unable to parse url'],
    ['http://%c3%a9', 3, undefined],
    ['DATA:,x', 3, 'missing data prefix'],
  ])('%s at level %i: %s', (url, level, message) => {
    expect(checkUrl(url, level)?.message).toBe(message);
  });

  it('ends for any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void checkUrl(text, 6)));
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        expect(checkUrl(url, 0)).toBeUndefined();
      }),
    );
  });
});
