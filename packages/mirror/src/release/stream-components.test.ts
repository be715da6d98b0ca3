import { describe, expect, it } from 'vitest';
import { componentsOfStream, type ReferenceMode } from './stream-components.js';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const from = (name: string, kind = 'DockerImage') => ({ kind, name });
const status = (tags: object[], repository?: string) => ({
  tags,
  ...(repository !== undefined && { publicDockerImageRepository: repository }),
});
const item = (image: string) => ({ image, dockerImageReference: `in.test/x@${image}` });
const read = (tags: object[], state: object = {}, mode?: ReferenceMode) =>
  componentsOfStream({ kind: 'ImageStream', spec: { tags }, status: state }, mode).map(
    ({ name, pullSpec }) => `${name} ${pullSpec}`,
  );

describe('components of a stream', () => {
  it.each<[string, object[], object, ReferenceMode | undefined, string[]]>([
    ['by the digest of the tag', [{ name: 'x', from: from(`a.test/x@${A}`) }], {}, undefined, [`x a.test/x@${A}`]],
    [
      'by the digest of the tag, whatever it is now',
      [{ name: 'x', from: from(`a.test/x@${A}`) }],
      status([{ tag: 'x', items: [item(B)] }], 'p.test/x'),
      'source',
      [`x a.test/x@${A}`],
    ],
    [
      'by the public name of what it is now',
      [{ name: 'x', from: from(`a.test/x@${A}`) }],
      status([{ tag: 'x', items: [item(B), item(A)] }], 'p.test/x'),
      'public',
      [`x p.test/x@${B}`],
    ],
    [
      'by the public name of what the tag says, when it was not imported',
      [{ name: 'x', from: from(`a.test/x@${A}`) }],
      status([], 'p.test/x'),
      'public',
      [`x p.test/x@${A}`],
    ],
    [
      'pushed ones, too, in the order of their names',
      [{ name: 'y', from: from(`a.test/x@${A}`) }],
      status([{ tag: 'x', items: [item(B)] }], 'p.test/x'),
      undefined,
      [`x p.test/x@${B}`, `y a.test/x@${A}`],
    ],
    [
      'where they were pushed',
      [{ name: 'x', from: from('x:1', 'ImageStreamTag') }],
      status([{ tag: 'x', items: [item(B)] }]),
      'source',
      [`x in.test/x@${B}`],
    ],
  ])('are named %s', (_, tags, state, mode, expected) => {
    expect(read(tags, state, mode)).toEqual(expected);
  });

  it.each<[string, object[], object, ReferenceMode | undefined, RegExp]>([
    ['a tag that was never imported', [{ name: 'x', from: from('a.test/x:v1') }], {}, undefined, /by its digest/],
    ['another stream', [{ name: 'x', from: from('x:1', 'ImageStreamTag') }], {}, undefined, /is no DockerImage/],
    ['no public name', [{ name: 'x' }], status([{ tag: 'x', items: [item(A)] }]), 'public', /publicDockerImageRep/],
    ['a tag without images', [], status([{ tag: 'x', items: [] }], 'p.test/x'), 'public', /is no DockerImage/],
    ['what is no reference', [{ name: 'x', from: from('A@B') }], {}, undefined, /^the ImageStream: x: /],
    [
      'an image that is no digest',
      [{ name: 'x' }],
      status([{ tag: 'x', items: [item('z')] }], 'p.test/x'),
      'public',
      /x: /,
    ],
  ])('are refused with %s', (_, tags, state, mode, message) => {
    expect(() => read(tags, state, mode)).toThrow(message);
  });

  it.each([[null], [[]], [{ kind: 'List' }]])('are those of a stream, and not of %j', (value) => {
    expect(() => componentsOfStream(value as object)).toThrow(/expected the kind ImageStream/);
  });
});
