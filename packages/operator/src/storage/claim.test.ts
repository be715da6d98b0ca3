import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { NAMESPACE, OWNED, RESOURCES } from '../names.js';
import { Snapshot } from '../snapshot.js';
import { decideClaim } from './claim.js';

interface Row {
  requested: string;
  claim?: { name?: string; modes: string[]; isOwn?: boolean; volumeMode?: string };
  replicas: number;
  expected: { reason: string; problem?: string; isExclusive?: boolean; creates?: boolean };
}

const tooMany = (mode: string) => `cannot use ${mode} access mode with more than one replica of the image registry`;

const rows: Row[] = [
  { requested: '', replicas: 2, expected: { reason: 'PVCCreated', creates: true } },
  { requested: '', claim: { modes: ['ReadWriteMany'], isOwn: true }, replicas: 2, expected: { reason: 'PVCExists' } },
  {
    requested: '',
    claim: { modes: ['ReadWriteMany'] },
    replicas: 1,
    expected: {
      reason: 'PVCAlreadyExists',
      problem: 'could not create default PVC, it already exists and is not owned by the operator',
    },
  },
  { requested: 'x', claim: { name: 'x', modes: ['ReadWriteMany'] }, replicas: 3, expected: { reason: 'PVCExists' } },
  {
    requested: 'x',
    claim: { name: 'x', modes: ['ReadWriteOnce'] },
    replicas: 1,
    expected: { reason: 'PVCExists', isExclusive: true },
  },
  {
    requested: 'x',
    claim: { name: 'x', modes: ['ReadWriteOncePod'] },
    replicas: 1,
    expected: { reason: 'PVCExists', isExclusive: true },
  },
  {
    requested: 'x',
    claim: { name: 'x', modes: ['ReadWriteOnce', 'ReadWriteMany'] },
    replicas: 2,
    expected: { reason: 'PVCExists' },
  },
  {
    requested: 'x',
    claim: { name: 'x', modes: ['ReadWriteOnce'] },
    replicas: 2,
    expected: { reason: 'PVCIssuesFound', problem: tooMany('ReadWriteOnce') },
  },
  {
    requested: 'x',
    claim: { name: 'x', modes: ['ReadOnlyMany'] },
    replicas: 1,
    expected: {
      reason: 'PVCIssuesFound',
      problem: 'PVC x does not contain the necessary access modes: ReadWriteMany or ReadWriteOnce',
    },
  },
  {
    requested: 'x',
    claim: { name: 'x', modes: ['ReadWriteMany'], volumeMode: 'Block' },
    replicas: 1,
    expected: { reason: 'PVCIssuesFound', problem: 'PVC x is a raw device' },
  },
  {
    requested: 'x',
    replicas: 1,
    expected: { reason: 'PVCIssuesFound', problem: 'persistentvolumeclaims "x" not found' },
  },
];

describe('decideClaim (operator.md 9.4)', () => {
  it.each(rows)('%j', ({ requested, claim, replicas, expected }) => {
    const { name = 'image-registry-storage', modes = [], isOwn, volumeMode } = claim ?? {};
    const metadata = { name, namespace: NAMESPACE, ...(isOwn && { annotations: { [OWNED]: 'true' } }) };
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { accessModes: modes, volumeMode },
    };
    const snapshot = new Snapshot(new Set(), claim === undefined ? [] : [[RESOURCES.claims, object]]);
    const { exists, problem, isExclusive, create } = decideClaim(snapshot, requested, replicas);
    expect({ reason: exists.reason, problem, isExclusive, creates: create !== undefined }).toEqual({
      problem: undefined,
      isExclusive: false,
      creates: false,
      ...expected,
    });
    expect(exists.status).toBe(problem === undefined ? 'True' : 'False');
  });
});
