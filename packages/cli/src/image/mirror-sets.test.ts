import { parseMirrorConfiguration, type MirrorSetKind } from '@longshore/mirror/mirror-sets';
import { describe, expect, it } from 'vitest';
import { setsOfKind } from './mirror-sets.js';

const idms = (...entries: object[]) =>
  JSON.stringify({ kind: 'ImageDigestMirrorSet', spec: { imageDigestMirrors: entries } });
const read = (text: string, kind: MirrorSetKind) => setsOfKind(parseMirrorConfiguration(text).sets, kind);

describe('mirror sets of a file', () => {
  it.each<[string, MirrorSetKind, string, object[][]]>([
    [
      'a policy as mirroring prints it',
      'ImageContentSourcePolicy',
      'apiVersion: operator.openshift.io/v1alpha1\nkind: ImageContentSourcePolicy\nmetadata:\n  name: example\nspec:\n' +
        '  repositoryDigestMirrors:\n  - mirrors:\n    - m.test/a\n    source: up.test/a\n',
      [[{ source: 'up.test/a', mirrors: ['m.test/a'] }]],
    ],
    [
      'several documents',
      'ImageDigestMirrorSet',
      `${idms({ source: 'a.test', mirrors: ['m.test'] })}\n---\n${idms({ source: 'b.test', mirrorSourcePolicy: 'NeverContactSource' })}\n---\n`,
      [
        [{ source: 'a.test', mirrors: ['m.test'] }],
        [{ source: 'b.test', mirrors: [], mirrorSourcePolicy: 'NeverContactSource' }],
      ],
    ],
  ])('are read: %s', (_, kind, text, sets) => expect(read(text, kind)).toEqual(sets));

  it.each([
    ['an empty file', '', /expected an object of the kind ImageDigestMirrorSet/],
    ['a set of another kind', 'kind: ImageTagMirrorSet', /found ImageTagMirrorSet/],
    ['another kind', 'kind: ConfigMap', /"ConfigMap" names no mirrors/],
    ['no source', idms({ mirrors: [] }), /imageDigestMirrors\[0\]\.source/],
    ['mirrors of another type', idms({ source: 'a.test', mirrors: [1] }), /mirrors is not a list of texts/],
    ['an unknown policy', idms({ source: 'a.test', mirrorSourcePolicy: 'x' }), /mirrorSourcePolicy/],
    [
      'contradictions',
      idms({ source: 'a.test' }, { source: 'a.test', mirrorSourcePolicy: 'NeverContactSource' }),
      /a\.test has both/,
    ],
    [
      'a bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
        .split('')
        .map((one, at) => `${one}: &${one} [${Array(9).fill(`*${'abcdefghij'[at]}`).join(',')}]`)
        .join('\n')}\n`,
      /alias/i,
    ],
  ])('are refused: %s', (_, text, message) => {
    expect(() => read(text, 'ImageDigestMirrorSet')).toThrow(message);
  });
});
