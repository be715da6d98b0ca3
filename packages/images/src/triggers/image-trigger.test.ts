import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTriggers } from './image-trigger.js';

const TEMPLATE = ['spec', 'template', 'spec'];
const IMAGE = 'spec.template.spec.containers[0].image';
const from = { kind: 'ImageStreamTag', name: 'app:v1' };
const read = (...entries: unknown[]) => readTriggers(JSON.stringify(entries), 'shop', TEMPLATE);

describe('the annotation for triggers', () => {
  it.each<[string, object, object]>([
    ['a container by place', { from, fieldPath: IMAGE }, { list: 'containers', container: 0 }],
    [
      'a container by name',
      { from, fieldPath: 'spec.template.spec.containers[?(@.name=="web")].image' },
      { list: 'containers', container: 'web' },
    ],
    [
      'single quotes',
      { from, fieldPath: "spec.template.spec.initContainers[?(@.name=='wait')].image" },
      { list: 'initContainers', container: 'wait' },
    ],
  ])('names %s', (_name, entry, field) => {
    expect(read(entry)).toEqual({
      triggers: [expect.objectContaining({ field, paused: false }) as unknown],
      problems: [],
    });
  });

  it('counts no more than a hundred triggers', () => {
    const { triggers, problems } = read(...Array.from({ length: 101 }, () => ({ from, fieldPath: IMAGE })));
    expect([triggers.length, problems]).toEqual([100, ['only the first 100 triggers count']]);
  });

  it.each<[string, object, object]>([
    ['of the same namespace', from, { namespace: 'shop', stream: 'app', tag: 'v1' }],
    ['of an empty namespace', { ...from, namespace: '' }, { namespace: 'shop', stream: 'app', tag: 'v1' }],
    ['of another namespace', { ...from, namespace: 'opt' }, { namespace: 'opt', stream: 'app', tag: 'v1' }],
  ])('names a tag %s', (_name, given, source) => {
    expect(read({ from: given, fieldPath: IMAGE }).triggers).toMatchObject([{ source }]);
  });

  it.each<[unknown, boolean]>([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    ['', false],
    [undefined, false],
  ])('is paused: %j', (paused, expected) => {
    expect(read({ from, fieldPath: IMAGE, paused }).triggers).toMatchObject([{ paused: expected }]);
  });

  it('has the prefix of the kind', () => {
    const fieldPath = 'spec.jobTemplate.spec.template.spec.containers[?(@.name=="web")].image';
    const text = JSON.stringify([{ from, fieldPath }]);
    expect(readTriggers(text, 'shop', ['spec', 'jobTemplate', ...TEMPLATE]).problems).toEqual([]);
    expect(readTriggers(text, 'shop', TEMPLATE).triggers).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'x', /^trigger 0: must be an object/],
    ['no source', { fieldPath: IMAGE }, /^trigger 0: from.kind: must be ImageStreamTag/],
    ['another kind', { from: { ...from, kind: 'DockerImage' }, fieldPath: IMAGE }, /from.kind/],
    ['no tag', { from: { ...from, name: 'app' }, fieldPath: IMAGE }, /from.name: .* not "app"/],
    ['two tags', { from: { ...from, name: 'app:a:b' }, fieldPath: IMAGE }, /from.name/],
    ['a digest', { from: { ...from, name: 'app@sha256:00' }, fieldPath: IMAGE }, /from.name/],
    ['a namespace that is none', { from: { ...from, namespace: 1 }, fieldPath: IMAGE }, /from.namespace/],
    ['no path', { from }, /fieldPath: .* not nothing/],
    ['the path of a name', { from, fieldPath: 'spec.template.spec.containers[0].name' }, /fieldPath/],
    ['a path elsewhere', { from, fieldPath: 'metadata.labels' }, /fieldPath/],
    ['a negative place', { from, fieldPath: 'spec.template.spec.containers[-1].image' }, /fieldPath/],
    ['a strange pause', { from, fieldPath: IMAGE, paused: 'maybe' }, /paused: .* not "maybe"/],
  ])('is told of %s, and the others count', (_name, entry, problem) => {
    const { triggers, problems } = read(entry, { from, fieldPath: IMAGE });
    expect(triggers).toHaveLength(1);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it.each(['', '{', '{}', 'null', '"x"'])('is told when it is no list: %j', (text) => {
    expect(readTriggers(text, 'shop', TEMPLATE)).toEqual({
      triggers: [],
      problems: ['annotation image.openshift.io/triggers is not a JSON list of triggers'],
    });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.anything()).map((list) => JSON.stringify(list)),
        ),
        (text) => {
          const { triggers, problems } = readTriggers(text, 'shop', TEMPLATE);
          expect([...triggers, ...problems]).toBeInstanceOf(Array);
        },
      ),
    );
  });
});
