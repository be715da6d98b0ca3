import { describe, expect, it } from 'vitest';
import { configSchema } from '../crds/config-schema.js';
import { formatPath, inspect } from './inspect.js';

const problemsOf = (spec: object) =>
  inspect({ apiVersion: 'v1', kind: 'Config', metadata: {}, spec: { replicas: 1, ...spec } }, configSchema).map(
    ({ path, message }) => `${formatPath(path)}: ${message}`,
  );

describe('inspect', () => {
  it.each([
    [{}, []],
    [{ observedConfig: null, unsupportedConfigOverrides: { a: [1] }, nodeSelector: { any: 'thing' } }, []],
    [
      { storage: { persistentVolumeClaim: { claimName: 'x' } } },
      ['spec.storage.persistentVolumeClaim: is no field of this kind; did you mean spec.storage.pvc?'],
    ],
    [
      { storage: { pvc: { claimName: 'x' } } },
      ['spec.storage.pvc.claimName: is no field of this kind; did you mean spec.storage.pvc.claim?'],
    ],
    [
      { storage: { emptydir: {} } },
      ['spec.storage.emptydir: is no field of this kind; did you mean spec.storage.emptyDir?'],
    ],
    [
      { managmentState: 'Managed' },
      ['spec.managmentState: is no field of this kind; did you mean spec.managementState?'],
    ],
    [{ colour: 'red' }, ['spec.colour: is no field of this kind']],
    [{ replicas: 'two' }, ['spec.replicas: expected a whole number, found the text "two"']],
    [{ replicas: -1 }, ['spec.replicas: expected at least 0, found -1']],
    [{ routes: [{ name: 'a' }, {}] }, ['spec.routes[1].name: is required']],
    [{ routes: {} }, ['spec.routes: expected an array, found an object']],
    [
      { logLevel: 'debug' },
      ['spec.logLevel: expected one of "", "Normal", "Debug", "Trace", "TraceAll", found "debug"'],
    ],
    [{ defaultRoute: null }, ['spec.defaultRoute: expected true or false, found nothing']],
  ])('%j', (spec, expected) => {
    expect(problemsOf(spec)).toEqual(expected);
  });

  it('reads long hostile texts in linear time', () => {
    const [problem] = problemsOf({ storage: { ibmcos: { serviceInstanceCRN: `crn${':a'.repeat(2000)}` } } });
    expect(problem).toContain('spec.storage.ibmcos.serviceInstanceCRN: expected a text that matches');
  });
});
