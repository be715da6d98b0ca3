import { describe, expect, it } from 'vitest';
import { concernsImages, limitsStorage, quotaExcess, quotaStatus, type ResourceQuota } from './quota.js';

const quota = (hard: Record<string, string>, more: Partial<ResourceQuota> = {}): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q' },
  ...more,
  spec: { hard, ...more.spec },
});
const STREAMS = 'openshift.io/imagestreams';
const COUNT = 'count/imagestreams.image.openshift.io';
const STORAGE = 'openshift.io/image-storage';

describe('quotaExcess', () => {
  it.each<[what: string, quota: ResourceQuota, messages: string[]]>([
    ['enough', quota({ [STREAMS]: '3', [COUNT]: '4', [STORAGE]: '2k' }), []],
    [
      'too few streams',
      quota({ [STREAMS]: '2', [COUNT]: '2', pods: '0' }),
      [
        `exceeded quota: q, requested: ${STREAMS}=1, used: ${STREAMS}=2, limited: ${STREAMS}=2`,
        `exceeded quota: q, requested: ${COUNT}=1, used: ${COUNT}=2, limited: ${COUNT}=2`,
      ],
    ],
    [
      'too few bytes',
      quota({ [STORAGE]: '1Ki' }),
      [`exceeded quota: q, requested: ${STORAGE}=1500, used: ${STORAGE}=500, limited: ${STORAGE}=1Ki`],
    ],
    [
      'scopes, which are about pods',
      quota({ [STREAMS]: '0' }, { spec: { hard: { [STREAMS]: '0' }, scopes: ['Terminating'] } }),
      [],
    ],
    ['nothing', { apiVersion: 'v1', kind: 'ResourceQuota', metadata: {} }, []],
  ])('a quota of %s', (_what, quota, messages) => {
    const excesses = quotaExcess({ streams: 3, bytes: 2000 }, { streams: 2, bytes: 500 }, [quota]);
    expect(excesses.map(({ message }) => message)).toEqual(messages);
  });

  it('refuses nothing that does not grow', () => {
    const usage = { streams: 5, bytes: 500 };
    expect(quotaExcess(usage, usage, [quota({ [STREAMS]: '1', [STORAGE]: '1' })])).toEqual([]);
    expect(quotaExcess({ streams: 4, bytes: 400 }, usage, [quota({ [STREAMS]: '1', [STORAGE]: '1' })])).toEqual([]);
  });
});

describe('quotaStatus', () => {
  it('tells limits and use of images, and leaves the rest alone', () => {
    const status = { hard: { pods: '5', [COUNT]: '9' }, used: { pods: '1', [COUNT]: '4' } };
    const changed = quotaStatus(quota({ pods: '5', [STREAMS]: '3', [STORAGE]: '1Gi' }, { status }), {
      streams: 2,
      bytes: 2048,
    });
    expect(changed).toEqual({
      hard: { pods: '5', [STREAMS]: '3', [STORAGE]: '1Gi' },
      used: { pods: '1', [STREAMS]: '2', [STORAGE]: '2048' },
    });
  });
});

it.each<[what: string, quota: ResourceQuota, concerns: boolean, storage: boolean]>([
  ['pods', quota({ pods: '1' }), false, false],
  ['streams', quota({ [COUNT]: '1' }), true, false],
  ['bytes', quota({ [STORAGE]: '1' }), true, true],
  ['what it counted before', quota({ pods: '1' }, { status: { used: { [STREAMS]: '1' } } }), true, false],
])('a quota of %s', (_what, quota, concerns, storage) => {
  expect([concernsImages(quota), limitsStorage(quota)]).toEqual([concerns, storage]);
});
