import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { readMappings } from '../mapping.js';
import { imageMirrors } from './image-mirrors.js';
import { installConfigYaml, mirrorSetYaml, sourceMirrors } from './mirror-set.js';
import { parseMirrorConfiguration } from './parse-mirror-sets.js';

const entries = sourceMirrors([
  { source: 'SRC/ocp/ocp-release', mirror: 'DST/a/b' },
  { source: 'SRC/ocp/ocp-release', mirror: 'DST/a/rel' },
  { source: 'SRC/ocp/art-dev', mirror: 'DST/a/b' },
  { source: 'SRC/ocp/art-dev', mirror: 'DST/a/b' },
]);

describe('mirror sets', () => {
  it('are sorted by source, each mirror once (mirror.md 1.5)', () => {
    expect(mirrorSetYaml('ImageDigestMirrorSet', 'example', entries)).toBe(`apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata:
  name: example
spec:
  imageDigestMirrors:
  - mirrors:
    - DST/a/b
    source: SRC/ocp/art-dev
  - mirrors:
    - DST/a/b
    - DST/a/rel
    source: SRC/ocp/ocp-release
`);
  });

  it.each([
    ['ImageContentSourcePolicy', 'operator.openshift.io/v1alpha1', 'repositoryDigestMirrors'],
    ['ImageDigestMirrorSet', 'config.openshift.io/v1', 'imageDigestMirrors'],
    ['ImageTagMirrorSet', 'config.openshift.io/v1', 'imageTagMirrors'],
  ] as const)('of the kind %s can be read again', (kind, apiVersion, field) => {
    const text = mirrorSetYaml(kind, 'example', entries);
    expect(parse(text)).toMatchObject({ apiVersion, kind, spec: { [field]: entries } });
    expect(parseMirrorConfiguration(text)).toEqual({ sets: [{ kind, entries }], registrySources: {} });
  });

  it('have another name in install-config.yaml', () => {
    expect(parse(installConfigYaml('ImageContentSourcePolicy', entries))).toEqual({ imageContentSources: entries });
    expect(parse(installConfigYaml('ImageDigestMirrorSet', entries))).toEqual({ imageDigestSources: entries });
  });
});

it('tells which repositories stand in for which, by digest and by tag', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const pairs = [
    'a.test/one:v1=m.test/one',
    'a.test/one:v2=m.test/one:v2',
    'a.test/two:v1=m.test/two:other',
    `a.test/three@${digest}=m.test/three`,
    'a.test/four:v*=m.test/four',
    'a.test/five=m.test/five',
    'a.test/six:v1=file://six',
    'file://seven:v1=m.test/seven',
  ];
  const { byDigest, byTag } = imageMirrors(readMappings(pairs, []));
  expect(byDigest.map(({ source, mirrors }) => `${source} ${mirrors.join()}`)).toEqual([
    'a.test/five m.test/five',
    'a.test/four m.test/four',
    'a.test/one m.test/one',
    'a.test/three m.test/three',
    'a.test/two m.test/two',
  ]);
  expect(byTag.map(({ source }) => source)).toEqual(['a.test/five', 'a.test/four', 'a.test/one']);
});

describe('reading mirror sets', () => {
  const entry = { source: 'a.test', mirrors: ['m.test'] };
  const set = { kind: 'ImageDigestMirrorSet', entries: [entry] };
  const object = {
    apiVersion: 'config.openshift.io/v1',
    kind: 'ImageDigestMirrorSet',
    spec: { imageDigestMirrors: [entry] },
  };

  it.each<[string, unknown]>([
    ['documents', object],
    ['a list', { kind: 'List', items: [object] }],
    ['a list of its kind', { kind: 'ImageDigestMirrorSetList', items: [{ spec: object.spec }] }],
  ])('takes %s', (_, value) => {
    expect(parseMirrorConfiguration(JSON.stringify(value)).sets).toEqual([set]);
  });

  it('takes the configuration of images, too', () => {
    const image = {
      apiVersion: 'config.openshift.io/v1',
      kind: 'Image',
      spec: { registrySources: { insecureRegistries: ['i.test'], containerRuntimeSearchRegistries: ['s.test'] } },
    };
    const text = `${JSON.stringify(object)}\n---\n${JSON.stringify(image)}\n---\n`;
    expect(parseMirrorConfiguration(text)).toEqual({
      sets: [set],
      registrySources: { insecureRegistries: ['i.test'], blockedRegistries: [], allowedRegistries: [] },
      searchRegistries: ['s.test'],
    });
  });

  it.each([
    ['another kind', 'kind: ConfigMap', '"ConfigMap" names no mirrors'],
    ['an image of another group', 'apiVersion: image.openshift.io/v1\nkind: Image', 'names no mirrors'],
    ['no YAML', 'a: [', /./],
    ['a list of nothing', '[]', 'the document is not an object'],
    ['a spec that is a list', 'kind: ImageTagMirrorSet\nspec: []', 'spec is not an object'],
    ['lists of another type', 'kind: ImageTagMirrorSet\nspec: {imageTagMirrors: {}}', 'imageTagMirrors is not a list'],
    ['too much', ' '.repeat(1024 * 1024 + 1), 'larger than 1 MiB'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseMirrorConfiguration(text)).toThrow(message);
  });
});
