import { describe, expect, it } from 'vitest';
import { checkProjectChange, requestedNamespace, whyReserved } from './project.js';

const old = { annotations: { 'openshift.io/requester': 'alice' }, labels: { team: 'a' } };

describe('checkProjectChange', () => {
  it.each([
    ['what it is called', { ...old, annotations: { ...old.annotations, 'openshift.io/display-name': 'B' } }, []],
    ['an annotation', { ...old, annotations: { 'openshift.io/requester': 'bob' } }, ['openshift.io/requester']],
    ['a missing annotation', { labels: old.labels }, ['openshift.io/requester']],
    ['a new label', { ...old, labels: { team: 'a', x: '1' } }, ['x']],
    ['a missing label', { annotations: old.annotations }, ['team']],
  ])('judges %s', (_what, project, wrong) => {
    const fields = checkProjectChange(project, old).map(({ field }) => /\[(.*)\]/.exec(field ?? '')?.[1]);
    expect(fields).toEqual(wrong);
  });
});

it('gives a requested project no labels and annotations but its own', () => {
  const metadata = {
    name: 'bakery',
    labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
    annotations: { 'openshift.io/node-selector': '', 'openshift.io/requester': 'bob' },
  };
  const request = { apiVersion: 'project.openshift.io/v1', kind: 'ProjectRequest', metadata, displayName: 'Bakery' };
  expect(requestedNamespace(request, { username: 'alice', groups: [] }).metadata).toEqual({
    name: 'bakery',
    annotations: {
      'openshift.io/description': '',
      'openshift.io/display-name': 'Bakery',
      'openshift.io/requester': 'alice',
    },
  });
});

describe('whyReserved', () => {
  it.each([
    ['bakery', undefined],
    ['kubelet', undefined],
    ['kube', 'cannot request a project with the name "kube"'],
    ['openshift', 'cannot request a project with the name "openshift"'],
    ['kube-x', 'cannot request a project starting with "kube-"'],
    ['openshift-config', 'cannot request a project starting with "openshift-"'],
  ])('%s: %s', (name, why) => {
    expect(whyReserved(name)).toBe(why);
  });
});
