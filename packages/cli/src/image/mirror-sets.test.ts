import { describe, expect, it } from 'vitest';
import { parseMirrorSets, type MirrorSetKind } from './mirror-sets.js';

const idms = (...entries: object[]) =>
  JSON.stringify({ kind: 'ImageDigestMirrorSet', spec: { imageDigestMirrors: entries } });

describe('parseMirrorSets', () => {
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
  ])('reads %s', (_, kind, text, sets) => expect(parseMirrorSets(text, kind)).toEqual(sets));

  it.each([
    ['an empty file', '', /expected an object of the kind ImageDigestMirrorSet/],
    ['another kind', 'kind: ConfigMap', /found "ConfigMap"/],
    ['no YAML', 'a: [', /./],
    ['a list', '[]', /not an object/],
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
  ])('refuses %s', (_, text, message) => {
    const parse = () => parseMirrorSets(text, 'ImageDigestMirrorSet');
    expect(parse).toThrow(message);
  });
});
