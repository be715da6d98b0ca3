import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '@longshore/testkit';
import { configMaps, namespaces, startTestServer, type Answer, type TestServer } from '../testing/test-server.js';
import { customResourceDefinition } from './definition.js';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CARS = '/apis/example.com/v1/namespaces/default/cars';
const definitions = [configMaps, namespaces, customResourceDefinition];

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['color'],
      properties: {
        color: { type: 'string', enum: ['red', 'blue'] },
        doors: { type: 'integer', default: 4, minimum: 2 },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        wheels: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['side'],
          items: {
            type: 'object',
            required: ['side'],
            properties: { side: { type: 'string' }, size: { type: 'integer' } },
          },
        },
        extra: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, phase: { type: 'string' } } },
  },
};

const version = {
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  subresources: { status: {}, scale: { specReplicasPath: '.spec.doors', statusReplicasPath: '.status.replicas' } },
  additionalPrinterColumns: [
    { name: 'Color', type: 'string', jsonPath: '.spec.color' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: [{ jsonPath: '.spec.color' }],
};

const cars = (more: object = {}, names: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'cars.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'cars', kind: 'Car', shortNames: ['cr'], ...names },
    versions: [version],
    ...more,
  },
});

const car = (spec: object, name = 'mine', metadata: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Car',
  metadata: { name, ...metadata },
  spec,
});

let api: TestServer;
async function start(folder?: string): Promise<void> {
  api = await startTestServer({ definitions, ...(folder !== undefined && { folder }) });
  api.server.start();
}
beforeEach(() => start());
afterEach(() => api.close());

type Conditions = { type: string; status: string; reason: string; message: string }[];
const conditionsOf = ({ body }: Answer) => (body.status as { conditions: Conditions }).conditions;

/** The definition as soon as a condition is so. */
async function until(name: string, type: string, status: string): Promise<Answer> {
  const path = `${CRDS}/${name}`;
  const list = await api.send('GET', CRDS);
  const version = String(list.body.metadata.resourceVersion);
  const watch = await api.watch(`${CRDS}?watch=1&fieldSelector=metadata.name=${name}&resourceVersion=${version}`);
  try {
    for (;;) {
      const answer = await api.send('GET', path);
      const isSo = conditionsOf(answer).some((condition) => condition.type === type && condition.status === status);
      if (isSo) return answer;
      await watch.next();
    }
  } finally {
    watch.close();
  }
}

async function define(definition: object = cars(), name = 'cars.example.com'): Promise<Answer> {
  const created = await api.send('POST', CRDS, definition);
  expect([created.status, created.body.message]).toEqual([201, undefined]);
  return until(name, 'Established', 'True');
}

/** Watches before the deletion is asked for; then waits for it. */
const watchGone = async (path: string, name: string) => {
  const watch = await api.watch(`${path}?watch=1&fieldSelector=metadata.name=${name}`);
  return async () => {
    for (;;) {
      const event = await watch.next();
      if (event === undefined) throw new Error(`the watch ended before ${name} was gone`);
      if (event.type === 'DELETED') return watch.close();
    }
  };
};

describe('a CustomResourceDefinition', () => {
  it('is given defaults and its names, and is established', async () => {
    const created = await api.send('POST', CRDS, cars());
    expect(created.body.spec).toMatchObject({
      names: { plural: 'cars', singular: 'car', kind: 'Car', listKind: 'CarList', shortNames: ['cr'] },
      conversion: { strategy: 'None' },
    });
    expect(created.body.status).toEqual({
      acceptedNames: { plural: '', kind: '' },
      conditions: [],
      storedVersions: ['v1'],
    });
    const established = await until('cars.example.com', 'Established', 'True');
    expect(
      conditionsOf(established).map(({ type, status, reason, message }) => [type, status, reason, message]),
    ).toEqual([
      ['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'],
      ['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'],
    ]);
    const { acceptedNames } = established.body.status as { acceptedNames: unknown };
    expect(acceptedNames).toEqual((established.body.spec as { names: unknown }).names);
    const { body } = await api.send('GET', '/apis/example.com/v1');
    expect((body.resources as { name: string; shortNames?: string[] }[]).map(({ name }) => name)).toEqual([
      'cars',
      'cars/status',
      'cars/scale',
    ]);
  });

  it('makes objects that are defaulted, pruned and checked', async () => {
    await define();
    const created = await api.send('POST', CARS, car({ color: 'red', unknown: 1, extra: { any: 'thing' } }));
    expect(created).toMatchObject({ status: 201, body: { spec: { color: 'red', doors: 4, extra: { any: 'thing' } } } });
    expect(created.body.spec).not.toHaveProperty('unknown');
    const bad = { color: 'green', doors: 1, tags: ['a', 'a'], wheels: [{ side: 'l' }, { side: 'l' }] };
    const refused = await api.send('POST', CARS, car(bad, 'bad'));
    expect(refused.status).toBe(422);
    expect(refused.body.message).toBe(
      'Car.example.com "bad" is invalid: [spec.color: Unsupported value: "green": supported values: "red", "blue", ' +
        'spec.doors: Invalid value: 1: spec.doors in body should be greater than or equal to 2, ' +
        'spec.tags[1]: Duplicate value: "a", spec.wheels[1]: Duplicate value: {"side":"l"}]',
    );
    const strict = await api.send(
      'POST',
      `${CARS}?fieldValidation=Strict`,
      car({ color: 'red', unknown: 1 }, 'strict'),
    );
    expect(strict).toMatchObject({ status: 400 });
    expect(strict.body.message).toContain('unknown field "spec.unknown"');
  });

  it('takes the metadata of objects as Go decodes it', async () => {
    await define();
    const metadata = { creationTimestamp: null, labels: null, annotations: { a: null, b: 'c' } };
    const created = await api.send('POST', CARS, car({ color: 'red' }, 'go', metadata));
    expect(created).toMatchObject({ status: 201, body: { metadata: { annotations: { b: 'c' } } } });
    expect(created.body.metadata.creationTimestamp).toMatch(/^\d{4}-/);
    const unowned = await api.send('POST', CARS, car({ color: 'red' }, 'bad', { ownerReferences: [null] }));
    expect([unowned.status, unowned.body.message]).toEqual([
      422,
      expect.stringContaining('metadata.ownerReferences.uid: Invalid value: "": must not be empty'),
    ]);
    const refused = await api.send('POST', CARS, car({ color: 'red' }, 'bad', { labels: { a: 1 } }));
    expect([refused.status, refused.body.message]).toEqual([
      400,
      'Car in version "v1" cannot be handled as a Car: unable to decode object metadata: ' +
        'json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    ]);
  });

  it('has status and scale subresources, columns and selectable fields', async () => {
    await define();
    await api.send('POST', CARS, { ...car({ color: 'red' }), status: { phase: 'Ignored' } });
    const { body } = await api.send('POST', CARS, car({ color: 'blue' }, 'other'));
    expect(body.status).toBeUndefined();
    const withStatus = { ...body, spec: { color: 'red' }, status: { replicas: 3 } };
    const updated = await api.send('PUT', `${CARS}/other/status`, withStatus);
    expect(updated.body).toMatchObject({
      spec: { color: 'blue' },
      status: { replicas: 3 },
      metadata: { generation: 1 },
    });
    const scale = await api.send('GET', `${CARS}/other/scale`);
    expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { replicas: 3 } });
    const selected = await api.send('GET', `${CARS}?fieldSelector=spec.color=blue`);
    expect(selected.body.items.map(({ metadata }) => metadata.name)).toEqual(['other']);
    const table = await api.send('GET', CARS, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    expect((table.body.columnDefinitions as { name: string }[]).map(({ name }) => name)).toEqual([
      'Name',
      'Color',
      'Age',
    ]);
    expect((table.body.rows as { cells: unknown[] }[]).map(({ cells }) => cells[1])).toEqual(['red', 'blue']);
  });

  it('wants the resource version in updates, and counts generations', async () => {
    await define();
    const { body } = await api.send('POST', CARS, car({ color: 'red' }));
    const blind = await api.send('PUT', `${CARS}/mine`, car({ color: 'blue' }));
    expect(blind.status).toBe(422);
    expect(blind.body.message).toContain(
      'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
    const updated = await api.send('PUT', `${CARS}/mine`, { ...body, spec: { color: 'blue' } });
    expect(updated.body.metadata.generation).toBe(2);
  });

  it('is served with its new schema after a change', async () => {
    const { body } = await define();
    const spec = structuredClone(body.spec) as { versions: (typeof version)[] };
    spec.versions[0]!.schema.openAPIV3Schema.properties.spec.properties.color.enum.push('green');
    const changed = await api.send('PUT', `${CRDS}/cars.example.com`, { ...body, spec });
    expect(changed.status).toBe(200);
    let answer: Answer;
    do answer = await api.send('POST', CARS, car({ color: 'green' }));
    while (answer.status === 422);
    expect(answer.status).toBe(201);
  });

  it('shows what was stored before by its new schema', async () => {
    const { body } = await define();
    const { metadata } = (await api.send('POST', CARS, car({ color: 'red', extra: { any: 'thing' } }))).body;
    const watch = await api.watch(`${CARS}?watch=1&resourceVersion=${Number(metadata.resourceVersion) - 1}`);
    const before = (await watch.next())?.object as Answer['body'];
    watch.close();
    expect(before.spec).toEqual({ color: 'red', doors: 4, extra: { any: 'thing' } });
    const spec = structuredClone(body.spec) as { versions: (typeof version)[] };
    const { properties } = spec.versions[0]!.schema.openAPIV3Schema.properties.spec;
    Object.assign(properties, { seats: { type: 'integer', default: 5 }, extra: undefined });
    const under = await api.watch(`${CARS}?watch=1&resourceVersion=${String(metadata.resourceVersion)}`);
    expect((await api.send('PUT', `${CRDS}/cars.example.com`, { ...body, spec })).status).toBe(200);
    // Who watches comes back, and then sees objects by the new schema.
    expect(await under.next()).toBeUndefined();
    const shown = { color: 'red', doors: 4, seats: 5 };
    const answer = await api.send('GET', `${CARS}/mine`);
    expect(answer.body).toEqual({ ...before, spec: shown });
    expect((await api.send('GET', CARS)).body.items).toEqual([answer.body]);
    const updated = await api.send('PUT', `${CARS}/mine`, answer.body);
    expect(updated.body).toMatchObject({ spec: shown, metadata: { generation: 1 } });
  });

  it('is served again after a restart, before the first request', async () => {
    await api.close();
    const folder = temporaryFolder('crd');
    await start(folder);
    await define();
    await api.send('POST', CARS, car({ color: 'red' }));
    await api.close();
    await start(folder);
    expect((await api.send('GET', `${CARS}/mine`)).status).toBe(200);
  });
});

describe('the names of CustomResourceDefinitions', () => {
  const trucks = (names: object) => ({
    ...cars({}, { plural: 'trucks', kind: 'Truck', shortNames: [], ...names }),
    metadata: { name: 'trucks.example.com' },
  });

  it.each([
    ['ShortNamesConflict', { shortNames: ['cr'] }, '"cr" is already in use'],
    ['SingularConflict', { singular: 'car' }, '"car" is already in use'],
    ['KindConflict', { kind: 'Car', listKind: 'TruckList' }, '"Car" is already in use'],
    ['ListKindConflict', { listKind: 'CarList' }, '"CarList" is already in use'],
  ])('that others have are not accepted: %s', async (reason, names, message) => {
    await define();
    await api.send('POST', CRDS, trucks(names));
    const answer = await until('trucks.example.com', 'NamesAccepted', 'False');
    expect(conditionsOf(answer)).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason, message },
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    ]);
    expect((await api.send('GET', '/apis/example.com/v1/trucks')).status).toBe(404);
  });

  it('are accepted when they become free', async () => {
    await define();
    await api.send('POST', CRDS, trucks({ shortNames: ['cr'] }));
    await until('trucks.example.com', 'NamesAccepted', 'False');
    await api.send('DELETE', `${CRDS}/cars.example.com`);
    await until('trucks.example.com', 'Established', 'True');
    expect((await api.send('GET', '/apis/example.com/v1/trucks')).status).toBe(200);
  });
});

describe('the deletion of a CustomResourceDefinition', () => {
  it('deletes the objects, then the definition', async () => {
    await define();
    for (const name of ['a', 'b', 'c']) await api.send('POST', CARS, car({ color: 'red' }, name));
    const gone = await watchGone(CRDS, 'cars.example.com');
    const deleted = await api.send('DELETE', `${CRDS}/cars.example.com`);
    expect(deleted.status).toBe(200);
    await gone();
    expect((await api.send('GET', `${CRDS}/cars.example.com`)).status).toBe(404);
    expect(await api.store.count('/example.com/')).toBe(0);
    while ((await api.send('GET', '/apis/example.com/v1')).status !== 404);
  });

  it('tells who watches of the end of each object, and then ends the watch', async () => {
    await define();
    for (const name of ['a', 'b']) await api.send('POST', CARS, car({ color: 'red' }, name));
    const watch = await api.watch(
      `${CARS}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
    );
    await api.send('DELETE', `${CRDS}/cars.example.com`);
    const types: string[] = [];
    for (let event = await watch.next(); event !== undefined; event = await watch.next())
      types.push(String(event.type));
    expect(types.filter((type) => type !== 'BOOKMARK')).toEqual(['ADDED', 'ADDED', 'DELETED', 'DELETED']);
  });

  it('deletes the objects also when no version is served any more', async () => {
    const { body } = await define();
    await api.send('POST', CARS, car({ color: 'red' }));
    const spec = { ...(body.spec as object), versions: [{ ...version, served: false }] };
    expect((await api.send('PUT', `${CRDS}/cars.example.com`, { ...body, spec })).status).toBe(200);
    while ((await api.send('GET', `${CARS}/mine`)).status !== 404);
    expect(await api.store.count('/example.com/')).toBe(1);
    const gone = await watchGone(CRDS, 'cars.example.com');
    await api.send('DELETE', `${CRDS}/cars.example.com`);
    await gone();
    expect(await api.store.count('/example.com/')).toBe(0);
  });

  it('waits for finalizers of objects, and lets no new ones in', async () => {
    await define();
    const held = await api.send('POST', CARS, car({ color: 'red' }, 'held', { finalizers: ['example.com/hold'] }));
    await api.send('DELETE', `${CRDS}/cars.example.com`);
    const ending = await until('cars.example.com', 'Terminating', 'True');
    expect(ending.body.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    let refused: Answer;
    do refused = await api.send('POST', CARS, car({ color: 'red' }, `new`));
    while (refused.status === 201 || refused.status === 409);
    expect(refused).toMatchObject({
      status: 405,
      body: { message: 'create not allowed while custom resource definition is terminating' },
    });
    const gone = await watchGone(CRDS, 'cars.example.com');
    let body: Answer['body'];
    do ({ body } = await api.send('GET', `${CARS}/held`));
    while (body.metadata.deletionTimestamp === undefined);
    await api.send('PUT', `${CARS}/held`, {
      ...body,
      metadata: { ...held.body.metadata, resourceVersion: body.metadata.resourceVersion, finalizers: [] },
    });
    await gone();
    expect(await api.store.count('/example.com/')).toBe(0);
  });
});
