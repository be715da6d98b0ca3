import fc from 'fast-check';
import type { KubeObject } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { RESOURCES } from '../names.js';
import { Snapshot } from '../snapshot.js';
import { changeFor } from './change.js';
import { differences } from './differences.js';

describe('differences', () => {
  it.each([
    [{ a: 1 }, { a: 1, b: 2 }, false, []],
    [{ a: 1 }, { a: 1, b: 2 }, true, ['x.b: is too much']],
    [{ a: [{ n: 1 }] }, { a: [{ n: 1, filledIn: true }] }, false, []],
    [{ a: [1, 2] }, { a: [1] }, false, ['x.a: [1] -> [1,2]']],
    [{ replicas: 2 }, { replicas: 1 }, false, ['x.replicas: 1 -> 2']],
    [{ a: {}, b: '', c: false, d: [], e: 0 }, {}, true, []],
    [{ a: 0 }, { a: 5 }, false, ['x.a: 5 -> 0']],
    [{ a: undefined }, { a: 5 }, false, []],
    [{ a: {} }, { a: { foreign: 'label' } }, false, []],
  ])('%j beside %j, exact: %s', (wanted, live, exact, expected) => {
    expect(differences(wanted, live, 'x', exact)).toEqual(expected);
  });

  it('finds none between a value and itself', () => {
    const isQuiet = (value: unknown) => differences(value, structuredClone(value), '', true).length === 0;
    fc.assert(fc.property(fc.jsonValue(), isQuiet));
  });
});

describe('changeFor', () => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'n', namespace: 's' },
    spec: { type: 'A' },
  };
  const change = (type = RESOURCES.services, live?: KubeObject, wanted = object) =>
    changeFor('registry', { type, object: wanted }, new Snapshot(new Set(), live ? [[type, live]] : []));

  it('leaves labels of others, and what others filled in', () => {
    const live = {
      ...object,
      metadata: { ...object.metadata, labels: { mine: 'x' } },
      spec: { type: 'A', clusterIP: '1' },
    };
    expect(change(RESOURCES.services, live)).toBeUndefined();
    const wanted = { ...object, spec: { type: 'B' } };
    expect(change(RESOURCES.services, live, wanted)).toMatchObject({
      action: 'update',
      detail: ['spec.type: "A" -> "B"'],
      object: { metadata: { labels: { mine: 'x' } }, spec: { type: 'B', clusterIP: '1' } },
    });
  });

  it('waits for what is being deleted', () => {
    const live = { ...object, metadata: { ...object.metadata, deletionTimestamp: 'now' }, spec: { type: 'B' } };
    expect(change(RESOURCES.services, live)).toBeUndefined();
  });

  it('shows nothing of secrets', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'n' }, data: { key: 'bmV3' } };
    const found = change(RESOURCES.secrets, { ...secret, data: { key: 'b2xk' } }, secret);
    expect(found?.detail).toEqual(['data.key: differs']);
    const route = { ...object, kind: 'Route', spec: { tls: { key: 'old' } } };
    const renewed = change(RESOURCES.routes, route, { ...route, spec: { tls: { key: 'new' } } });
    expect(renewed?.detail).toEqual(['spec.tls.key: differs']);
  });
});
