import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMappings } from './mapping.js';

const SHAPE =
  'all arguments must be valid SRC=DST mappings, or you must specify one SRC argument and one or more DST arguments';
const NOTHING =
  'you must specify at least one source image to pull and the destination to push to as SRC=DST or SRC DST [DST2 DST3 ...]';

const texts = (args: string[], file?: string) =>
  readMappings(args, file === undefined ? [] : [{ name: 'map.txt', text: file }]).map(
    ({ source, destination }) => `${source.text} -> ${destination.text}`,
  );

describe('mappings', () => {
  it.each([
    [['r.io/a:1', 'm.io/a:1'], ['r.io/a:1 -> m.io/a:1']],
    [
      ['r.io/a:1', 'm.io/a', 'n.io/a'],
      ['r.io/a:1 -> m.io/a', 'r.io/a:1 -> n.io/a'],
    ],
    [
      ['r.io/a:1=m.io/a', 'r.io/b:1=m.io/b'],
      ['r.io/a:1 -> m.io/a', 'r.io/b:1 -> m.io/b'],
    ],
    [['file://a/b:v*', 'm.io/a'], ['file://a/b:v* -> m.io/a']],
    [['r.io/a:1', 'oci:folder:1'], ['r.io/a:1 -> oci:folder:1']],
    [['oci:folder:org/app:1', 'dir:folder'], ['oci:folder:org/app:1 -> dir:folder']],
    [['dir:folder', 'docker-archive:a.tar:quay.io/a:1'], ['dir:folder -> docker-archive:a.tar:quay.io/a:1']],
    [['oci-archive:a.tar', 'r.io/a:1'], ['oci-archive:a.tar -> r.io/a:1']],
    [['r.io/a:1', 's3://h:90/us-east-1/bucket/a/b:1'], ['r.io/a:1 -> s3://h:90/us-east-1/bucket/a/b:1']],
  ])('of %j are read', (args, expected) => {
    expect(texts(args)).toEqual(expected);
  });

  it('of files are parted by any white space, with comments, and any ends of lines', () => {
    const file = '# images\nr.io/a:1 m.io/a\r\n\n  r.io/b:1\tm.io/b n.io/b # two\nr.io/c:1=m.io/c\n';
    expect(texts([], file)).toEqual([
      'r.io/a:1 -> m.io/a',
      'r.io/b:1 -> m.io/b',
      'r.io/b:1 -> n.io/b',
      'r.io/c:1 -> m.io/c',
    ]);
  });

  it.each([
    [[], undefined, NOTHING],
    [[], '# nothing\n', NOTHING],
    [['r.io/a:1'], undefined, SHAPE],
    [['r.io/a:1=m.io/a', 'r.io/b:1'], undefined, SHAPE],
    [['r.io/a:1='], undefined, SHAPE],
    [[], 'r.io/a:1 m.io/a\nr.io/b:1\n', `file map.txt, line 2: ${SHAPE}`],
    [['r.io/a:1', 'r.io/a:1'], undefined, 'SRC and DST may not be the same'],
    [['org/a:1', 'docker.io/org/a:1'], undefined, 'SRC and DST may not be the same'],
    [['r.io/a:*', 'm.io/a:1'], undefined, 'when source contains wildcards, the destination must be a repository'],
    [['r.io/a', 'm.io/a:1'], undefined, 'when source contains wildcards, the destination must be a repository'],
    [
      ['r.io/a:1=DST.io/w/one:a', 'r.io/b:1=DST.io/w/one:a'],
      undefined,
      'each destination tag may only be specified once: DST.io/w/one:a',
    ],
    [
      ['r.io/a:1', `m.io/a@sha256:${'0'.repeat(64)}`],
      undefined,
      'you must specify a tag for DST or leave it blank to only push by digest',
    ],
    [['oci:a:v*', 'm.io/a:1'], undefined, 'when source contains wildcards, the destination must be a repository'],
    [['dir:a:1', 'm.io/a:1'], undefined, 'dir:a:1: a folder of this kind holds one image, which has no name'],
    [['r.io/a:1', 'm.io/a:v*'], undefined, 'the destination may not contain wildcards'],
    [
      ['r.io/a:1', 's3://h/r/b/a'],
      undefined,
      's3://h/r/b/a: names no bucket; write s3://HOST/REGION/BUCKET/REPOSITORY[:TAG]',
    ],
  ])('of %j and %j are refused', (args, file, message) => {
    expect(() => texts(args, file)).toThrow(message);
  });

  it.each(['file://../../etc:1', 'file:///etc:1', 'r.io/../a:1', 'r.io/A:1', 'oci:', 'r.io'])(
    'have no place %j',
    (place) => {
      expect(() => texts([place, 'm.io/a'])).toThrow(/is not a valid image reference|names no path/);
    },
  );

  it('of any text are read or refused', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', '/', ':', '@', '*', '=', '.', ' ', '#', '\n') }), {
          maxLength: 4,
        }),
        fc.string(),
        (args, file) => {
          try {
            for (const text of texts(args, file)) expect(text).toContain(' -> ');
          } catch (error) {
            expect(error).toMatchObject({ name: 'MirrorError', code: 'USAGE' });
          }
        },
      ),
    );
  });
});
