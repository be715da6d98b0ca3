import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { isOwnImage, whyNotRun } from './own-image.js';

describe('Longshore’s own image', () => {
  it.each([
    ['longshore', true],
    ['longshore.local/longshore:1.2', true],
    ['quay.io/org/longshore:1', true],
    [`registry.example:5000/a/b/longshore@sha256:${'0'.repeat(64)}`, true],
    ['quay.io/longshore/other', false],
    ['quay.io/org/not-longshore', false],
    ['longshore/', false],
    ['', false],
  ])('%s: %s', (image, expected) => {
    expect(isOwnImage(image)).toBe(expected);
  });
});

describe('what keeps a pod from running here', () => {
  const own = { name: 'c', image: 'longshore' };
  const run = (spec: Partial<PodSpec>, namespace = 'openshift-image-registry', labels = {}) =>
    whyNotRun({ containers: [own], ...spec }, { name: namespace, labels }, { zone: 'a' });

  it.each<[string, string | undefined, RegExp | undefined]>([
    ['nothing', run({}), undefined],
    ['another image', run({ containers: [own, { name: 'd', image: 'nginx' }] }), /container d wants nginx/],
    [
      'an init container of another image',
      run({ initContainers: [{ name: 'i', image: 'nginx' }] }),
      /container i wants/,
    ],
    ['no image', run({ containers: [{ name: 'd' }] }), /container d wants none/],
    ['a namespace of users', run({}, 'shop'), /labelling namespace shop with/],
    ['a namespace called like that of the cluster', run({}, 'openshiftly'), /labelling/],
    [
      'a namespace that an administrator has labelled',
      run({}, 'shop', { 'pod-security.kubernetes.io/enforce': 'privileged' }),
      undefined,
    ],
    [
      'a namespace with another level',
      run({}, 'shop', { 'pod-security.kubernetes.io/enforce': 'baseline' }),
      /labelling/,
    ],
    ['a label of the node', run({ nodeSelector: { zone: 'a' } }), undefined],
    ['another node', run({ nodeSelector: { zone: 'b' } }), /label zone=b/],
  ])('%s', (_name, why, expected) => {
    if (expected === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(expected);
  });
});
