import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCanonicalForm } from './canonical-form.js';

const tidy = (object: Record<string, unknown>, [group, version, kind] = ['', 'v1', 'Pod']) => {
  toCanonicalForm(object, group ?? '', version ?? '', kind ?? '');
  return object;
};

describe('toCanonicalForm', () => {
  it.each<[string, object, object]>([
    ['amounts', { overhead: { cpu: '1000m', memory: 1024 } }, { overhead: { cpu: '1', memory: '1024' } }],
    ['empty lists and maps', { tolerations: [], nodeSelector: {} }, {}],
    ['empty structures', { securityContext: {} }, { securityContext: {} }],
    ['zeros that mean nothing', { hostNetwork: false, nodeName: '' }, {}],
    [
      'zeros that mean something',
      { automountServiceAccountToken: false, priority: 0 },
      { automountServiceAccountToken: false, priority: 0 },
    ],
    ['what is further down', { containers: [{ name: 'a', args: [], tty: false }] }, { containers: [{ name: 'a' }] }],
  ])('%s', (_name, spec, expected) => {
    expect(tidy({ spec })).toEqual({ spec: expected });
  });

  it('tells times in UTC, to the second', () => {
    expect(tidy({ status: { startTime: '2026-01-02T04:00:00.5+01:00' } })).toEqual({
      status: { startTime: '2026-01-02T03:00:00Z' },
    });
  });

  it('leaves kinds alone that are not of Kubernetes', () => {
    const route = { spec: { host: '', list: [] } };
    expect(tidy(structuredClone(route), ['route.openshift.io', 'v1', 'Route'])).toEqual(route);
  });

  it('leaves nothing to do a second time', () => {
    const amount = fc.constantFrom('1', '1000m', '0.5', '2Gi', '1024Ki', 3);
    const spec = fc.record(
      {
        overhead: fc.dictionary(fc.string(), amount),
        hostPID: fc.boolean(),
        volumes: fc.array(fc.record({ name: fc.string(), emptyDir: fc.record({ sizeLimit: amount }) })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(spec, (value) => {
        const once = tidy({ spec: structuredClone(value) });
        expect(tidy(structuredClone(once))).toEqual(once);
      }),
    );
  });
});
