import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './testing/test-server.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const APPS = '/apis/test.example.com/v1/namespaces/default/apps';
const MACHINES = '/apis/test.k8s.io/v1/namespaces/default/machines';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let test: TestServer;
beforeEach(async () => {
  test = await startTestServer();
});
afterEach(() => test.close());

const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data: { a: 'b' },
});
const app = (name: string, spec: object = { color: 'red' }) => ({
  apiVersion: 'test.example.com/v1',
  kind: 'App',
  metadata: { name },
  spec,
});

describe('creating', () => {
  it('fills in what the server owns, and keeps nothing else of it', async () => {
    const metadata = { uid: 'mine', generation: 7, deletionTimestamp: '2020-01-01T00:00:00Z', managedFields: [{}] };
    const { status, body } = await test.send('POST', MAPS, configMap('a', { ...metadata, creationTimestamp: null }));
    expect(status).toBe(201);
    expect(body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: 'b' } });
    expect(body.metadata).toEqual({
      name: 'a',
      namespace: 'default',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      resourceVersion: expect.stringMatching(/^\d+$/) as unknown,
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
    });
    expect((await test.send('GET', `${MAPS}/a`)).body).toEqual(body);
  });

  it('makes names, and other names where those are taken', async () => {
    const { body } = await test.send('POST', MAPS, { metadata: { generateName: 'web-' } });
    expect(body.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(body.metadata.generateName).toBe('web-');
  });

  it.each([
    ['a name that is taken', MAPS, configMap('taken'), 409, 'configmaps "taken" already exists'],
    [
      'another namespace',
      MAPS,
      configMap('a', { namespace: 'other' }),
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'no name',
      MAPS,
      { metadata: {} },
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      'a resource version',
      MAPS,
      configMap('a', { resourceVersion: '1' }),
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'another kind',
      MAPS,
      { ...configMap('a'), kind: 'Secret' },
      400,
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (v1.ConfigMap): unknown conversion',
    ],
    [
      'another version',
      MAPS,
      { ...configMap('a'), apiVersion: 'v2' },
      400,
      'the API version in the data (v2) does not match the expected API version (v1)',
    ],
    [
      'a wrong type',
      MAPS,
      { ...configMap('a'), data: 5 },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string',
    ],
    [
      'what the schema of a custom resource forbids',
      APPS,
      app('a', { color: 'red', replicas: -1 }),
      422,
      'App.test.example.com "a" is invalid: spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0',
    ],
    [
      'a name in a body of a custom resource without kind',
      APPS,
      { metadata: { name: 'a' } },
      400,
      `the object provided is unrecognized (must be of type App): Object 'Kind' is missing in '{"metadata":{"name":"a"}}'`,
    ],
  ])('refuses %s', async (_what, path, object, status, message) => {
    await test.send('POST', MAPS, configMap('taken'));
    const answer = await test.send('POST', path, object);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', message, code: status });
    expect(answer.status).toBe(status);
  });

  it('checks names, labels and owners in the words of Kubernetes', async () => {
    const owner = { apiVersion: 'v1', kind: '', name: 'o', uid: 'u' };
    const object = configMap('Bad_Name', { labels: { 'a b': 'c' }, ownerReferences: [owner], finalizers: ['x y'] });
    const { body, status } = await test.send('POST', MAPS, object);
    expect(status).toBe(422);
    const { causes } = body.details as { causes: { field: string }[] };
    expect(causes.map(({ field }) => field)).toEqual([
      'metadata.name',
      'metadata.labels',
      'metadata.ownerReferences.kind',
      'metadata.finalizers',
    ]);
  });

  it('tries without doing it', async () => {
    const { status, body } = await test.send('POST', `${MAPS}?dryRun=All`, configMap('tried'));
    expect(status).toBe(201);
    expect(body.metadata).toMatchObject({ name: 'tried', uid: expect.any(String) as unknown });
    expect(body.metadata.resourceVersion).toBeUndefined();
    expect((await test.send('GET', `${MAPS}/tried`)).status).toBe(404);
  });
});

describe('unknown and duplicate fields', () => {
  const twice = '{"metadata":{"name":"a"},"data":{"k":"1","k":"2"},"dat":1}';
  const problems = 'duplicate field "data.k", unknown field "dat"';

  it('are refused where asked', async () => {
    const { body } = await test.send('POST', `${MAPS}?fieldValidation=Strict`, twice);
    expect(body).toMatchObject({
      code: 400,
      message: `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ${problems}`,
    });
  });

  it('are told otherwise, and dropped', async () => {
    const { status, headers, body } = await test.send('POST', MAPS, twice);
    expect(status).toBe(201);
    expect(headers.warning).toBe('299 - "duplicate field \\"data.k\\"", 299 - "unknown field \\"dat\\""');
    expect(body).toMatchObject({ data: { k: '2' } });
    expect(body.dat).toBeUndefined();
  });

  it('are passed over where asked', async () => {
    const { status, headers } = await test.send('POST', `${MAPS}?fieldValidation=Ignore`, twice);
    expect([status, headers.warning]).toEqual([201, undefined]);
  });

  it('of patches are refused as values of the patch', async () => {
    await test.send('POST', MAPS, configMap('a'));
    const { body } = await test.send('PATCH', `${MAPS}/a?fieldValidation=Strict`, '{"dat":1}', MERGE);
    expect(body).toMatchObject({
      code: 422,
      message: ' "" is invalid: patch: Invalid value: "{\\"dat\\":1}": strict decoding error: unknown field "dat"',
    });
  });
});

describe('updating', () => {
  it('counts generations of what is asked for, not of the status', async () => {
    const { body: created } = await test.send('POST', APPS, { ...app('a'), status: { replicas: 9 } });
    expect(created).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 } });
    expect(created.status).toBeUndefined();
    const path = `${APPS}/a`;
    const { body: labelled } = await test.send('PATCH', path, { metadata: { labels: { l: '1' } } }, MERGE);
    expect(labelled.metadata.generation).toBe(1);
    const { body: changed } = await test.send(
      'PATCH',
      path,
      { spec: { color: 'blue' }, status: { replicas: 3 } },
      MERGE,
    );
    expect(changed.metadata.generation).toBe(2);
    expect(changed.status).toBeUndefined();
    const asked = { spec: { color: 'green' }, status: { replicas: 3 }, metadata: { labels: { l: '2' } } };
    const { body: status } = await test.send('PATCH', `${path}/status`, asked, MERGE);
    expect(status).toMatchObject({ metadata: { generation: 2, labels: { l: '1' } }, spec: { color: 'blue' } });
    expect(status).toMatchObject({ status: { replicas: 3 } });
  });

  it('writes nothing when nothing changes', async () => {
    const { body } = await test.send('POST', MAPS, configMap('a'));
    const reordered = { data: { a: 'b' }, metadata: { name: 'a', namespace: 'default' }, kind: 'ConfigMap' };
    expect((await test.send('PUT', `${MAPS}/a`, reordered)).body).toEqual(body);
    expect((await test.send('PATCH', `${MAPS}/a`, {}, MERGE)).body).toEqual(body);
  });

  it.each([
    ['an old version', { resourceVersion: '1' }, 409, MODIFIED('a')],
    [
      'another UID',
      { uid: 'other' },
      409,
      /^Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: [0-9a-f-]+$/,
    ],
    ['another name', { name: 'b' }, 400, 'the name of the object (b) does not match the name on the URL (a)'],
    [
      'another namespace',
      { namespace: 'x' },
      400,
      'the namespace of the object (x) does not match the namespace on the request (default)',
    ],
  ])('refuses %s', async (_what, metadata, status, message) => {
    await test.send('POST', MAPS, configMap('a'));
    const answer = await test.send('PUT', `${MAPS}/a`, { ...configMap('a', metadata), data: { c: 'd' } });
    expect(answer.status).toBe(status);
    if (typeof message === 'string') expect(answer.body.message).toBe(message);
    else expect(answer.body.message).toMatch(message);
  });

  it('takes 0 for any version', async () => {
    const { body } = await test.send('POST', MAPS, configMap('a', { resourceVersion: '0' }));
    expect(body.metadata.resourceVersion).not.toBe('0');
    expect((await test.send('PUT', `${MAPS}/a`, configMap('a', { resourceVersion: '0' }))).status).toBe(200);
  });

  it('wants a version for custom resources', async () => {
    await test.send('POST', APPS, app('a'));
    expect((await test.send('PUT', `${APPS}/a`, app('a'))).body).toMatchObject({
      code: 422,
      message:
        'App.test.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    });
  });

  it('answers 404 for what is not there, but creates where that is the custom', async () => {
    expect((await test.send('PUT', `${MAPS}/a`, configMap('a'))).body).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
      details: { name: 'a', kind: 'configmaps' },
    });
    const machine = { metadata: { name: 'm' } };
    expect((await test.send('PUT', `${MACHINES}/m`, machine)).status).toBe(201);
    expect((await test.send('PUT', `${MACHINES}/m`, machine)).status).toBe(200);
  });

  it('lets no patch touch the identity', async () => {
    await test.send('POST', MAPS, configMap('a'));
    const { body } = await test.send('PATCH', `${MAPS}/a`, { metadata: { uid: 'x' } }, MERGE);
    expect(body.message).toBe('ConfigMap "a" is invalid: metadata.uid: Invalid value: "x": field is immutable');
  });

  it('does all of many patches that come at once', async () => {
    await test.send('POST', MAPS, configMap('a'));
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    const patches = keys.map((key) => test.send('PATCH', `${MAPS}/a`, { data: { [key]: 'x' } }, MERGE));
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect(Object.keys((await test.send('GET', `${MAPS}/a`)).body.data as object).sort()).toEqual(
      ['a', ...keys].sort(),
    );
  });

  it.each([
    ['application/json-patch+json', [{ op: 'replace', path: '/data/a', value: 'c' }]],
    ['application/merge-patch+json', { data: { a: 'c' } }],
    ['application/strategic-merge-patch+json', { data: { a: 'c' } }],
  ])('takes %s', async (type, patch) => {
    await test.send('POST', MAPS, configMap('a'));
    const { body } = await test.send('PATCH', `${MAPS}/a`, patch, { 'content-type': type });
    expect(body).toMatchObject({ data: { a: 'c' } });
  });

  it.each(['application/apply-patch+yaml', 'application/json', ''])(
    'does not take patches of type "%s"',
    async (type) => {
      await test.send('POST', MAPS, configMap('a'));
      expect((await test.send('PATCH', `${MAPS}/a`, '{}', { 'content-type': type })).status).toBe(415);
    },
  );

  it('takes no strategic patches of custom resources', async () => {
    await test.send('POST', APPS, app('a'));
    const headers = { 'content-type': 'application/strategic-merge-patch+json' };
    expect((await test.send('PATCH', `${APPS}/a`, '{}', headers)).status).toBe(415);
  });
});

const MODIFIED = (name: string) =>
  `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`;

describe('deleting', () => {
  it('answers with a Status, or with the object where that is the custom', async () => {
    const { body: created } = await test.send('POST', MAPS, configMap('a'));
    expect((await test.send('DELETE', `${MAPS}/a`)).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: created.metadata.uid },
    });
    await test.send('POST', MACHINES, { metadata: { name: 'm' } });
    const now = { gracePeriodSeconds: 0 };
    expect((await test.send('DELETE', `${MACHINES}/m`, now)).body).toMatchObject({ kind: 'Machine' });
    expect((await test.send('GET', `${MACHINES}/m`)).status).toBe(404);
  });

  it('gives time where a kind has it, and less when asked again', async () => {
    await test.send('POST', MACHINES, { metadata: { name: 'm' } });
    const { body: first } = await test.send('DELETE', `${MACHINES}/m`);
    expect(first.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: expect.any(String) as unknown,
    });
    const { body: longer } = await test.send('DELETE', `${MACHINES}/m?gracePeriodSeconds=60`);
    expect(longer.metadata).toEqual(first.metadata);
    const { body: sooner } = await test.send('DELETE', `${MACHINES}/m?gracePeriodSeconds=5`);
    expect(sooner.metadata.deletionGracePeriodSeconds).toBe(5);
    await test.send('DELETE', `${MACHINES}/m?gracePeriodSeconds=0`);
    expect((await test.send('GET', `${MACHINES}/m`)).status).toBe(404);
  });

  it('waits for finalizers, and takes no new ones', async () => {
    await test.send('POST', APPS, { ...app('a'), metadata: { name: 'a', finalizers: ['x.y/z'] } });
    const { body: marked } = await test.send('DELETE', `${APPS}/a`);
    expect(marked).toMatchObject({ kind: 'App', metadata: { generation: 2, finalizers: ['x.y/z'] } });
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    const more = { metadata: { finalizers: ['x.y/z', 'new.y/z'] } };
    expect((await test.send('PATCH', `${APPS}/a`, more, MERGE)).body.message).toContain(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"new.y/z"}',
    );
    await test.send('PATCH', `${APPS}/a`, { metadata: { finalizers: null } }, MERGE);
    expect((await test.send('GET', `${APPS}/a`)).status).toBe(404);
  });

  it('respects preconditions', async () => {
    const { body } = await test.send('POST', MAPS, configMap('a'));
    const wrongUid = await test.send('DELETE', `${MAPS}/a`, { preconditions: { uid: 'x' } });
    expect(wrongUid.body).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on configmaps "a": the UID in the precondition (x) does not match the UID in record (${String(body.metadata.uid)}). The object might have been deleted and then recreated`,
    });
    expect((await test.send('DELETE', `${MAPS}/a`, { preconditions: { resourceVersion: '1' } })).status).toBe(409);
  });

  it('only tries on a dry run', async () => {
    await test.send('POST', MAPS, configMap('a'));
    expect((await test.send('DELETE', `${MAPS}/a?dryRun=All`)).status).toBe(200);
    expect((await test.send('DELETE', `${MAPS}/a`, { dryRun: ['All'] })).status).toBe(200);
    expect((await test.send('GET', `${MAPS}/a`)).status).toBe(200);
  });

  it('takes what a selector means of a collection', async () => {
    for (const name of ['a', 'b', 'c']) await test.send('POST', MAPS, configMap(name, { labels: { is: name } }));
    const { body } = await test.send('DELETE', `${MAPS}?labelSelector=is+in+(a,c)`);
    expect(body).toMatchObject({ kind: 'ConfigMapList' });
    expect(body.items.map(({ metadata }) => metadata.name).sort()).toEqual(['a', 'c']);
    const left = await test.send('GET', MAPS);
    expect(left.body.items.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it.each([
    [{ propagationPolicy: 'Sideways' }, 'propagationPolicy: Unsupported value: "Sideways"'],
    [
      { propagationPolicy: 'Orphan', orphanDependents: true },
      'orphanDependents and deletionPropagation cannot be both set',
    ],
  ])('refuses options %j', async (options, message) => {
    await test.send('POST', MAPS, configMap('a'));
    const { status, body } = await test.send('DELETE', `${MAPS}/a`, options);
    expect(status).toBe(422);
    expect(body.message).toContain(message);
  });
});

describe('scaling', () => {
  it('shows and changes how many', async () => {
    await test.send('POST', APPS, app('a'));
    await test.send('PATCH', `${APPS}/a/status`, { status: { replicas: 2, selector: 'app=a' } }, MERGE);
    const { body } = await test.send('GET', `${APPS}/a/scale`);
    expect(body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'a', namespace: 'default' },
      spec: { replicas: 1 },
      status: { replicas: 2, selector: 'app=a' },
    });
    await test.send('PATCH', `${APPS}/a/scale`, { spec: { replicas: 4 } }, MERGE);
    expect((await test.send('GET', `${APPS}/a`)).body).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    });
    const { status } = await test.send('PUT', `${APPS}/a/scale`, body);
    expect(status).toBe(409);
    const refused = await test.send('PATCH', `${APPS}/a/scale`, { spec: { replicas: -1 } }, MERGE);
    expect(refused.body.message).toBe(
      'Scale.autoscaling "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
  });
});

describe('forms of answers', () => {
  beforeEach(() => test.send('POST', MAPS, configMap('a', { labels: { l: '1' } })));

  it('prints tables', async () => {
    const { body } = await test.send('GET', MAPS, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    const columns = body.columnDefinitions as { name: string }[];
    expect(columns.map(({ name }) => name)).toEqual(['Name', 'Data', 'Age']);
    const [row] = body.rows as { cells: unknown[]; object: { kind: string; data?: unknown } }[];
    expect(row?.cells).toEqual(['a', '1', expect.stringMatching(/^\d+s$/)]);
    expect(row?.object.kind).toBe('PartialObjectMetadata');
    expect(row?.object.data).toBeUndefined();
  });

  it('shows whole objects in tables, or none, where asked', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const whole = await test.send('GET', `${MAPS}/a?includeObject=Object`, undefined, headers);
    expect(whole.body.rows).toMatchObject([{ object: { kind: 'ConfigMap', data: { a: 'b' } } }]);
    const none = await test.send('GET', `${MAPS}?includeObject=None`, undefined, headers);
    expect(none.body.rows).toMatchObject([{ object: null }]);
  });

  it('gives metadata only', async () => {
    const accept = (as: string) => ({ accept: `application/json;as=${as};g=meta.k8s.io;v=v1` });
    const one = await test.send('GET', `${MAPS}/a`, undefined, accept('PartialObjectMetadata'));
    expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { labels: { l: '1' } } });
    expect(one.body.data).toBeUndefined();
    const many = await test.send('GET', MAPS, undefined, accept('PartialObjectMetadataList'));
    expect(many.body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] });
  });

  it('writes and reads YAML', async () => {
    const { text, headers } = await test.send('GET', `${MAPS}/a`, undefined, { accept: 'application/yaml' });
    expect(headers['content-type']).toBe('application/yaml');
    expect(text).toContain('kind: ConfigMap\n');
    const yaml = 'kind: ConfigMap\nmetadata: {name: y}\ndata: {k: "1"}\n';
    const created = await test.send('POST', MAPS, yaml, { 'content-type': 'application/yaml' });
    expect(created.body).toMatchObject({ data: { k: '1' } });
  });

  it('has no protobuf to answer with', async () => {
    const { status, body } = await test.send('GET', MAPS, undefined, { accept: 'application/vnd.kubernetes.protobuf' });
    expect([status, body.reason]).toEqual([406, 'NotAcceptable']);
  });

  it('takes only what it can read', async () => {
    const { status } = await test.send('POST', MAPS, 'x', { 'content-type': 'text/plain' });
    expect(status).toBe(415);
    expect((await test.send('POST', MAPS, '{"metadata":')).status).toBe(400);
    expect((await test.send('POST', MAPS, '['.repeat(1000) + ']'.repeat(1000))).status).toBe(400);
    const large = { ...configMap('l'), data: { a: 'x'.repeat(3 * 1024 * 1024) } };
    expect((await test.send('POST', MAPS, large)).body).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity is too large: limit is 3145728',
    });
  });

  it('compresses what is long', async () => {
    await test.send('POST', MAPS, { ...configMap('long'), data: { a: 'x'.repeat(200_000) } });
    for (const path of [`${MAPS}/long`, MAPS]) {
      const answer = await test.send('GET', path, undefined, { 'accept-encoding': 'gzip' });
      expect(answer.headers['content-encoding']).toBe('gzip');
    }
    expect(
      (await test.send('GET', `${MAPS}/a`, undefined, { 'accept-encoding': 'gzip' })).headers['content-encoding'],
    ).toBe(undefined);
  });
});

describe('paths', () => {
  it.each([
    ['GET', '/api/v1/namespaces/default/bananas', 404],
    ['GET', '/api/v1/configmaps/a', 404],
    ['GET', '/api/v1/namespaces/default/namespaces', 404],
    ['GET', `${MAPS}/a/status`, 404],
    ['GET', `${MAPS}/a/status/more`, 404],
    ['GET', '/apis/none.example.com/v1/things', 404],
    ['GET', '/nothing', 404],
    ['POST', '/api/v1/configmaps', 405],
    ['POST', `${MAPS}/a`, 405],
    ['PUT', MAPS, 405],
    ['DELETE', '/api/v1/configmaps', 405],
    ['HEAD', MAPS, 405],
    ['GET', '/%zz', 400],
  ])('%s %s: %i', async (method, path, status) => {
    expect((await test.send(method, path)).status).toBe(status);
  });

  it('lists them', async () => {
    const { body } = await test.send('GET', '/');
    expect(body.paths).toEqual(
      expect.arrayContaining(['/api/v1', '/apis/test.example.com/v1', '/healthz', '/version']),
    );
  });

  it('tells of discovery in its old and its new form', async () => {
    expect((await test.send('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await test.send('GET', '/apis/test.example.com/v1')).body.resources).toMatchObject([
      {
        name: 'apps',
        kind: 'App',
        namespaced: true,
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      },
      { name: 'apps/status', verbs: ['get', 'patch', 'update'] },
      { name: 'apps/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' },
    ]);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const { body, headers } = await test.send('GET', '/apis', undefined, { accept });
    expect(headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['test.k8s.io', 'test.example.com']);
    const again = await test.send('GET', '/apis', undefined, { accept, 'if-none-match': headers.etag ?? '' });
    expect(again.status).toBe(304);
  });

  it('serves kinds that come, and none that went', async () => {
    const more = { plural: 'others', singular: 'other', kind: 'Other', group: 'more.example.com', version: 'v1' };
    test.server.addDefinition({
      ...more,
      scope: 'Cluster',
      schema: { type: 'object' },
      backend: { type: 'stored' },
      custom: true,
    });
    const path = '/apis/more.example.com/v1/others';
    expect((await test.send('GET', path)).body).toMatchObject({ kind: 'OtherList', items: [] });
    expect((await test.send('GET', '/openapi/v3')).body.paths).toHaveProperty(['apis/more.example.com/v1']);
    test.server.removeDefinition('more.example.com', 'v1', 'others');
    expect((await test.send('GET', path)).status).toBe(404);
  });
});
