import type { Decision } from '@longshore/operator';
import { describe, expect, it } from 'vitest';
import { formatPlan, planJson } from './plan-report.js';

const DEPLOYMENTS = { group: 'apps', version: 'v1', resource: 'deployments' };
const object = { apiVersion: 'v1', kind: 'X', metadata: {}, secret: 's' };
const decision = {
  changes: [
    { part: 'registry', action: 'create', type: DEPLOYMENTS, name: 'a', namespace: 'n', detail: [], object },
    {
      part: 'registry',
      action: 'update',
      type: DEPLOYMENTS,
      name: 'b',
      namespace: 'n',
      detail: ['spec.replicas: 1 -> 2'],
      object,
    },
    { part: 'registry', action: 'delete', type: { ...DEPLOYMENTS, group: '' }, name: 'c', detail: [] },
  ],
  warnings: ['images are lost'],
  nextSteps: ['do it'],
  conditions: [{ type: 'Available', status: 'True', reason: 'Ready', message: '', lastTransitionTime: 'now' }],
} as unknown as Decision;

describe('a plan', () => {
  it('is told line by line', () => {
    expect(formatPlan(decision)).toBe(
      [
        '+ deployments.apps n/a',
        '~ deployments.apps n/b',
        '    spec.replicas: 1 -> 2',
        '- deployments c',
        '3 changes',
        'warning: images are lost',
        'next: do it',
        '',
      ].join('\n'),
    );
    expect(formatPlan({ ...decision, changes: [], warnings: [], nextSteps: [] })).toBe('nothing would change\n');
  });

  it('is told to programs, without contents of objects', () => {
    const text = JSON.stringify(planJson(decision));
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({
      changes: [
        { action: 'create' },
        { action: 'update', detail: ['spec.replicas: 1 -> 2'] },
        { action: 'delete', name: 'c' },
      ],
      conditions: [{ type: 'Available', status: 'True', reason: 'Ready', message: '' }],
    });
  });
});
