import { describe, expect, it } from 'vitest';
import type { NewCondition } from '../storage/decide-storage.js';
import { union } from './cluster-operator.js';

const condition = (type: string, status: string, reason: string, message = ''): NewCondition => ({
  type,
  status: status as 'True',
  reason,
  message,
});
const healthy = [
  condition('Available', 'True', 'Ready', 'The registry is ready'),
  condition('NodeCADaemonAvailable', 'True', 'AsExpected', 'The daemon set node-ca has available replicas'),
  condition('ImagePrunerAvailable', 'True', 'AsExpected', 'Pruner CronJob has been created'),
  condition('Degraded', 'False', ''),
  condition('NodeCADaemonControllerDegraded', 'False', 'AsExpected'),
];

describe('union (operator.md 6.1 and 9.6)', () => {
  it('is available when all are', () => {
    expect(union('Available', healthy)).toEqual({
      type: 'Available',
      status: 'True',
      reason: 'Ready',
      message:
        'Available: The registry is ready\nNodeCADaemonAvailable: The daemon set node-ca has available replicas\nImagePrunerAvailable: Pruner CronJob has been created',
    });
    expect(union('Degraded', healthy)).toEqual({
      type: 'Degraded',
      status: 'False',
      reason: 'AsExpected',
      message: '',
    });
  });

  it.each([
    ['Degraded', [...healthy, condition('ImagePrunerDegraded', 'True', 'JobFailed')], 'True ImagePrunerJobFailed'],
    [
      'Degraded',
      [condition('Degraded', 'False', 'Removed'), condition('ImagePrunerDegraded', 'True', 'JobFailed')],
      'True ImagePrunerJobFailed::Removed',
    ],
    [
      'Available',
      [condition('Available', 'True', 'Ready'), condition('NodeCADaemonAvailable', 'False', 'NoAvailableReplicas')],
      'False NodeCADaemonNoAvailableReplicas::Ready',
    ],
    ['Available', [condition('Available', 'Unknown', 'X')], 'Unknown X'],
    ['Progressing', healthy, 'False AsExpected'],
  ] as const)('%s %j', (type, conditions, expected) => {
    const { status, reason } = union(type, conditions);
    expect(`${status} ${reason}`).toBe(expected);
  });
});
