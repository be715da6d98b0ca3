import { applyJsonPatch, type JsonObject, type KubeObject } from '@longshore/kube';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTriggers, type TagResolution } from './trigger-plan.js';

const TEMPLATE = ['spec', 'template', 'spec'];
const path = (list: string, container: string) => `spec.template.spec.${list}[${container}].image`;
const WEB = path('containers', '?(@.name=="web")');

function trigger(fieldPath: string, tag = 'v1', more: object = {}) {
  return { from: { kind: 'ImageStreamTag', name: `app:${tag}` }, fieldPath, ...more };
}

function deployment(
  triggers: unknown,
  containers: object[] = [
    { name: 'log', image: 'log' },
    { name: 'web', image: 'old' },
  ],
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      annotations: {
        'image.openshift.io/triggers': typeof triggers === 'string' ? triggers : JSON.stringify(triggers),
      },
    },
    spec: { template: { spec: { initContainers: [{ name: 'wait' }], containers } } },
  };
}

const resolve = ({ namespace, stream, tag }: { namespace: string; stream: string; tag: string }): TagResolution => {
  if (tag === 'none') return undefined;
  return tag === 'secret' ? { refused: 'may not' } : { pullSpec: `r/${namespace}/${stream}@${tag}` };
};

/** Images by container, after the plan. */
function imagesAfter(object: KubeObject): Record<string, string | undefined> {
  const { patch } = planTriggers(object, TEMPLATE, resolve);
  const changed = applyJsonPatch(object as JsonObject, patch) as unknown as {
    spec: { template: { spec: Record<string, { name: string; image?: string }[]> } };
  };
  const { containers = [], initContainers = [] } = changed.spec.template.spec;
  return Object.fromEntries([...containers, ...initContainers].map(({ name, image }) => [name, image]));
}

const OLD = { log: 'log', web: 'old', wait: undefined };

describe('the plan of a trigger', () => {
  it.each<[string, unknown, object]>([
    ['sets the image of a container by name', [trigger(WEB)], { ...OLD, web: 'r/shop/app@v1' }],
    ['by place', [trigger(path('containers', '0'))], { ...OLD, log: 'r/shop/app@v1' }],
    ['of one that has none yet', [trigger(path('initContainers', '0'))], { ...OLD, wait: 'r/shop/app@v1' }],
    ['leaves paused ones', [trigger(WEB, 'v1', { paused: true })], OLD],
    ['waits for tags that are not there', [trigger(WEB, 'none')], OLD],
    ['leaves refused sources', [trigger(WEB, 'secret')], OLD],
    ['leaves all of which two set one image', [trigger(WEB), trigger(path('containers', '1'), 'v2')], OLD],
    [
      'sets several',
      [trigger(WEB), trigger(path('containers', '0'), 'v2')],
      { ...OLD, web: 'r/shop/app@v1', log: 'r/shop/app@v2' },
    ],
    ['leaves an object whose annotation is broken', '[{', OLD],
  ])('%s', (_name, triggers, images) => {
    expect(imagesAfter(deployment(triggers))).toEqual(images);
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', [trigger(WEB)], []],
    [
      'a container that is not there',
      [trigger(path('containers', '9'))],
      [`${path('containers', '9')}: there is no such container`],
    ],
    [
      'a name that is not there',
      [trigger(path('containers', '?(@.name=="db")'))],
      [`${path('containers', '?(@.name=="db")')}: there is no such container`],
    ],
    [
      'two triggers of one image',
      [trigger(WEB), trigger(path('containers', '1'))],
      [WEB, path('containers', '1')].map((at) => `${at}: several triggers set this image; leave one of them`),
    ],
    [
      'two triggers of one path, once',
      [trigger(WEB), trigger(WEB, 'v2')],
      [`${WEB}: several triggers set this image; leave one of them`],
    ],
    ['a refused source', [trigger(WEB, 'secret')], [`${WEB}: may not`]],
    ['no list', '{}', ['annotation image.openshift.io/triggers is not a JSON list of triggers']],
  ])('complains of %s', (_name, triggers, problems) => {
    const plan = planTriggers(deployment(triggers), TEMPLATE, resolve);
    expect(plan.problems).toEqual(problems);
    expect(plan.isRefused).toBe(problems.some((problem) => problem.includes('may not')));
  });

  it('changes nothing twice', () => {
    const object = deployment([trigger(WEB)]);
    const { patch } = planTriggers(object, TEMPLATE, resolve);
    const after = applyJsonPatch(object as JsonObject, patch) as unknown as KubeObject;
    expect(planTriggers(after, TEMPLATE, resolve).patch).toEqual([]);
  });

  it('leaves objects that end, and those without the annotation', () => {
    const ending = deployment([trigger(WEB)]);
    ending.metadata.deletionTimestamp = '2026-01-02T03:04:05Z';
    const plain = deployment([trigger(WEB)]);
    delete plain.metadata.annotations;
    for (const object of [ending, plain]) expect(planTriggers(object, TEMPLATE, resolve).patch).toEqual([]);
  });

  it.each<[string, (object: KubeObject) => KubeObject]>([
    ['another image', () => deployment([trigger(WEB)], [{ name: 'log' }, { name: 'web', image: 'newer' }])],
    [
      'another container at that place',
      () => deployment([trigger(WEB)], [{ name: 'web', image: 'old' }, { name: 'log' }]),
    ],
    ['another annotation', () => deployment([trigger(WEB, 'v2')])],
  ])('does not apply to an object that has by now %s', (_name, change) => {
    const object = deployment([trigger(WEB)]);
    const { patch } = planTriggers(object, TEMPLATE, resolve);
    expect(() => applyJsonPatch(change(object) as JsonObject, patch)).toThrow();
  });

  it('touches only images of containers, and applies to the object that it was made of', () => {
    const container = fc.record({ name: fc.constantFrom('a', 'b', 'c'), image: fc.constantFrom('x', 'y') });
    const place = fc.oneof(
      fc.nat({ max: 3 }).map(String),
      fc.constantFrom('a', 'b', 'd').map((name) => `?(@.name=="${name}")`),
    );
    const tags = fc.constantFrom('v1', 'none', 'secret');
    const triggers = fc.array(fc.tuple(place, tags).map(([at, tag]) => trigger(path('containers', at), tag)));
    fc.assert(
      fc.property(triggers, fc.array(container, { maxLength: 4 }), (given, containers) => {
        const object = deployment(given, containers);
        const images = imagesAfter(object);
        expect(Object.keys(images)).toEqual(Object.keys(imagesAfter(deployment([], containers))));
        for (const image of Object.values(images)) expect([undefined, 'x', 'y', 'r/shop/app@v1']).toContain(image);
      }),
    );
  });
});
