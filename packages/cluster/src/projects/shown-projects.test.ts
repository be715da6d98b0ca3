import type { WatchEvent } from '@longshore/apiserver';
import { describe, expect, it } from 'vitest';
import { ShownProjects } from './shown-projects.js';

const alice = { username: 'alice', groups: [] };
const project = { apiVersion: 'project.openshift.io/v1', kind: 'Project', metadata: { name: 'bakery', uid: 'u1' } };

describe('ShownProjects', () => {
  it.each<[type: WatchEvent['type'], wasShown: boolean, maySee: boolean, told: string | undefined]>([
    ['ADDED', false, true, 'ADDED'],
    ['ADDED', false, false, undefined],
    ['MODIFIED', true, true, 'MODIFIED'],
    ['MODIFIED', false, true, 'ADDED'],
    ['MODIFIED', true, false, 'DELETED'],
    ['MODIFIED', false, false, undefined],
    ['DELETED', true, false, 'DELETED'],
    ['DELETED', false, true, 'DELETED'],
    ['DELETED', false, false, undefined],
  ])('tells of %s, shown before %s, may see %s: %s', (type, wasShown, maySee, told) => {
    const shown = new ShownProjects();
    if (wasShown) shown.note(alice, project);
    expect(shown.eventFor(alice, type, project, maySee)).toBe(told);
    expect(shown.eventFor({ username: 'bob', groups: [] }, 'DELETED', project, false)).toBeUndefined();
  });

  it('tells of an end once', () => {
    const shown = new ShownProjects();
    shown.note(alice, project);
    expect(shown.eventFor(alice, 'MODIFIED', project, false)).toBe('DELETED');
    expect(shown.eventFor(alice, 'DELETED', project, false)).toBeUndefined();
  });

  it('forgets the oldest', () => {
    const shown = new ShownProjects();
    for (let uid = 0; uid <= 10_000; uid++) shown.note(alice, { ...project, metadata: { uid: String(uid) } });
    expect(shown.eventFor(alice, 'DELETED', { ...project, metadata: { uid: '0' } }, false)).toBeUndefined();
    expect(shown.eventFor(alice, 'DELETED', { ...project, metadata: { uid: '1' } }, false)).toBe('DELETED');
  });
});
