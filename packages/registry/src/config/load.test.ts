import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { defaultConfig, loadConfig } from './load.js';
import type { RegistryConfig } from './registry-config.js';

const START = 'version: 0.1\nstorage: {inmemory: {}}\n';

/** The lines of the error; empty when there is none. */
function problemsOf(text: string | undefined, env: Environment = {}): string[] {
  try {
    loadConfig({ text, env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
}

const examples = fileURLToPath(new URL('../../../../examples/registry', import.meta.url));

describe('the examples', () => {
  it.each(readdirSync(examples))('%s can be loaded', (file) => {
    expect(problemsOf(readFileSync(join(examples, file), 'utf8'))).toEqual([]);
  });
});

describe('defaultConfig', () => {
  it('is what distribution does without a file', () => {
    expect(defaultConfig()).toEqual({
      version: '0.1',
      log: { level: 'info', formatter: 'text', fields: {}, accesslog: { disabled: false } },
      http: {
        addr: ':5000',
        net: 'tcp',
        prefix: '/',
        relativeurls: false,
        draintimeout: 29_000,
        headers: {},
        http2: { disabled: true },
      },
      storage: {
        filesystem: { rootdirectory: '/var/lib/registry', maxthreads: 100 },
        delete: { enabled: false },
        redirect: { disable: false },
        cache: { blobdescriptor: 'inmemory', blobdescriptorsize: 10_000 },
        tag: { concurrencylimit: 0 },
        maintenance: {
          uploadpurging: { enabled: true, age: 604_800_000, interval: 86_400_000, dryrun: false },
          readonly: { enabled: false },
        },
      },
      catalog: { maxentries: 1000 },
      tags: { maxtags: 1000 },
      openshift: {
        version: '1.0',
        server: {},
        auth: {},
        audit: { enabled: false },
        cache: { disabled: false, blobrepositoryttl: 600_000 },
        quota: { enabled: false, cachettl: 60_000 },
        pullthrough: { enabled: true, mirror: true },
        compatibility: { acceptschema2: true },
        requests: {
          read: { maxrunning: 0, maxinqueue: 0, maxwaitinqueue: 0 },
          write: { maxrunning: 0, maxinqueue: 0, maxwaitinqueue: 0 },
        },
        metrics: { enabled: true },
      },
      health: { storagedriver: { enabled: true, interval: 10_000, threshold: 3 } },
      validation: { disabled: false, enabled: false, manifests: { urls: { allow: [], deny: [] } } },
      longshore: {
        workers: 'auto',
        manifests: { maxsize: 4 * 1024 * 1024, sparse: [] },
        gc: { lease: 3_600_000 },
        auth: { catalog: {}, metrics: {}, tokens: { enabled: true, expiration: 300_000, service: 'longshore' } },
        pullthrough: { allow: [], pullsecret: '/var/lib/kubelet/config.json' },
      },
    } satisfies RegistryConfig);
  });
});

describe('files of other registries', () => {
  it('loads what a Linux distribution ships', () => {
    const text = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/docker-registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  htpasswd:
    realm: basic-realm
    path: /etc/docker/registry
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;
    const config = loadConfig({ text, env: {} });
    expect(config.log.fields).toEqual({ service: 'registry' });
    expect(config.storage.filesystem).toEqual({ rootdirectory: '/var/lib/docker-registry', maxthreads: 100 });
    expect(config.storage.delete.enabled).toBe(true);
    expect(config.http.headers).toEqual({ 'X-Content-Type-Options': ['nosniff'] });
    expect(config.auth).toEqual({ htpasswd: { realm: 'basic-realm', path: '/etc/docker/registry' } });
    expect(config.health.storagedriver).toEqual({ enabled: true, interval: 10_000, threshold: 3 });
  });

  it('takes what pull-through may ask', () => {
    const allow = ['quay.local', 'quay.local:8443', '*.corp.example', '10.0.0.0/8', 'fd00::/8', '[::1]:5000'];
    const text = `${START}longshore: {pullthrough: {allow: ${JSON.stringify(allow)}}}`;
    const config = loadConfig({ text, env: {} });
    expect(config.longshore.pullthrough).toEqual({ allow, pullsecret: '/var/lib/kubelet/config.json' });
  });

  it.each(['openshift', '{openshift: }', '{openshift: {realm: openshift}}'])(
    'knows the users of a cluster: %s',
    (auth) => {
      const text = `${START}auth: ${auth}\nopenshift: {kubeconfig: /etc/kubeconfig}`;
      const config = loadConfig({ text, env: {} });
      expect(config.auth).toEqual({ openshift: { realm: 'openshift' } });
      expect(config.openshift.kubeconfig).toBe('/etc/kubeconfig');
    },
  );

  it('loads what a file for a web page in a browser has', () => {
    const text = `${START}http:
  addr: 0.0.0.0:5000
  headers:
    Access-Control-Allow-Origin: ['*']
    Access-Control-Max-Age: [1728000]
    Access-Control-Allow-Credentials: [true]
  http2: {disabled: no}
  h2c: {enabled: false}
log: {level: INFO, reportcaller: false}
proxy: {remoteurl: ''}
notifications: {endpoints: []}
redis: ~
`;
    expect(loadConfig({ text, env: {} }).http.headers).toEqual({
      'Access-Control-Allow-Origin': ['*'],
      'Access-Control-Max-Age': ['1728000'],
      'Access-Control-Allow-Credentials': ['true'],
    });
  });

  const operator = {
    REGISTRY_HTTP_ADDR: ':5000',
    REGISTRY_HTTP_NET: 'tcp',
    REGISTRY_HTTP_SECRET: '0123456789',
    REGISTRY_LOG_LEVEL: 'debug',
    REGISTRY_STORAGE: 'filesystem',
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/registry',
    REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: 'inmemory',
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_STORAGE_REDIRECT_DISABLE: 'true',
    REGISTRY_HEALTH_STORAGEDRIVER_ENABLED: 'true',
    REGISTRY_HEALTH_STORAGEDRIVER_INTERVAL: '10s',
    REGISTRY_HEALTH_STORAGEDRIVER_THRESHOLD: '1',
    REGISTRY_OPENSHIFT_METRICS_ENABLED: 'true',
    REGISTRY_OPENSHIFT_METRICS_SECRET: 'abc',
    REGISTRY_OPENSHIFT_SERVER_ADDR: 'image-registry.openshift-image-registry.svc:5000',
    REGISTRY_OPENSHIFT_REQUESTS_READ_MAXRUNNING: '10',
    REGISTRY_OPENSHIFT_REQUESTS_READ_MAXINQUEUE: '20',
    REGISTRY_OPENSHIFT_REQUESTS_READ_MAXWAITINQUEUE: '1m0s',
    REGISTRY_HTTP_TLS_CERTIFICATE: '/etc/secrets/tls.crt',
    REGISTRY_HTTP_TLS_KEY: '/etc/secrets/tls.key',
    REGISTRY_HTTP_TLS_MINVERSION: 'VersionTLS12',
    OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES: 'TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    REGISTRY_CONFIGURATION_PATH: '/etc/registry/config.yml',
  };

  it("loads the variables of OpenShift's operator", () => {
    const config = loadConfig({ env: operator });
    expect(config.http).toEqual({
      ...defaultConfig().http,
      secret: '0123456789',
      tls: {
        certificate: '/etc/secrets/tls.crt',
        key: '/etc/secrets/tls.key',
        clientauth: 'require-and-verify-client-cert',
        minimumtls: 'tls1.2',
        ciphersuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
      },
    });
    expect(config.storage.filesystem?.rootdirectory).toBe('/registry');
    expect(config.openshift).toEqual({
      version: '1.0',
      server: { addr: 'image-registry.openshift-image-registry.svc:5000' },
      requests: {
        read: { maxrunning: 10, maxinqueue: 20, maxwaitinqueue: 60_000 },
        write: { maxrunning: 0, maxinqueue: 0, maxwaitinqueue: 0 },
      },
      metrics: { enabled: true, secret: 'abc' },
      pullthrough: { enabled: true, mirror: true },
      auth: {},
      audit: { enabled: false },
      cache: { disabled: false, blobrepositoryttl: 600_000 },
      quota: { enabled: false, cachettl: 60_000 },
      compatibility: { acceptschema2: true },
    });
  });

  it('says which of them need a cluster', () => {
    const quota = { ...operator, REGISTRY_OPENSHIFT_QUOTA_ENABLED: 'true' };
    expect(problemsOf(undefined, quota)).toEqual([
      expect.stringMatching(/openshift\.quota\.enabled: needs auth\.openshift/),
    ]);
    expect(problemsOf(undefined, { ...quota, REGISTRY_AUTH: 'openshift' })).toEqual([]);
    expect(problemsOf(undefined, { ...operator, REGISTRY_OPENSHIFT_QUOTA_ENABLED: 'false' })).toEqual([]);
  });

  it.each<[variable: string, text: string, pick: (config: RegistryConfig['openshift']) => unknown, expected: unknown]>([
    ['DOCKER_REGISTRY_URL', 'registry:5000', ({ server }) => server.addr, 'registry:5000'],
    ['DOCKERREGISTRYURL', 'registry:5000', ({ server }) => server.addr, 'registry:5000'],
    ['ENFORCEQUOTA', 'true', ({ quota }) => quota.enabled, true],
    ['PROJECTCACHETTL', '5m', ({ quota }) => quota.cachettl, 300_000],
    ['ACCEPTSCHEMA2', 'false', ({ compatibility }) => compatibility.acceptschema2, false],
    ['BLOBREPOSITORYCACHETTL', '1h', ({ cache }) => cache.blobrepositoryttl, 3_600_000],
    ['PULLTHROUGH', 'false', ({ pullthrough }) => pullthrough.enabled, false],
    ['MIRRORPULLTHROUGH', 'false', ({ pullthrough }) => pullthrough.mirror, false],
  ])('knows the old variable %s', (variable, text, pick, expected) => {
    const prefix = variable.startsWith('DOCKER_') ? '' : 'REGISTRY_MIDDLEWARE_REPOSITORY_OPENSHIFT_';
    const { openshift, notes } = loadConfig({ env: { REGISTRY_AUTH: 'openshift', [prefix + variable]: text } });
    expect(pick(openshift)).toBe(expected);
    expect(notes).toBeUndefined();
  });

  it('lets a new variable outdo the old one', () => {
    const env = { DOCKER_REGISTRY_URL: 'old:5000', REGISTRY_OPENSHIFT_SERVER_ADDR: 'new:5000' };
    expect(loadConfig({ env }).openshift.server.addr).toBe('new:5000');
    expect(loadConfig({ env: { ...env, REGISTRY_OPENSHIFT_SERVER_ADDR: '' } }).openshift.server.addr).toBe('old:5000');
  });
});

describe('loadConfig', () => {
  it.each<[text: string, pick: (config: RegistryConfig) => unknown, expected: unknown]>([
    ['storage: inmemory', ({ storage }) => [storage.inmemory, storage.filesystem], [{}, undefined]],
    ['storage: {inmemory: }', ({ storage }) => storage.inmemory, {}],
    ['storage: {filesystem: {maxthreads: 5}}', ({ storage }) => storage.filesystem?.maxthreads, 5],
    ['storage: {inmemory: , cache: {layerinfo: ""}}', ({ storage }) => storage.cache.blobdescriptor, ''],
    ['storage: {inmemory: , cache: }', ({ storage }) => storage.cache.blobdescriptor, 'inmemory'],
    ['storage: {inmemory: , tag: {concurrencylimit: 8}}', ({ storage }) => storage.tag.concurrencylimit, 8],
    ['storage: inmemory\nhttp: {tls: {minimumtls: tls1.3}}', ({ http }) => http.tls, undefined],
    [
      'storage: inmemory\nhttp: {tls: {certificate: ""}, debug: {addr: }}',
      ({ http }) => [http.tls, http.debug],
      [undefined, undefined],
    ],
    ['storage: inmemory\nhttp: {net: unix, addr: /run/r.sock}', ({ http }) => http.addr, '/run/r.sock'],
    ['storage: inmemory\nhttp: {addr: "[::1]:0"}', ({ http }) => http.addr, '[::1]:0'],
    [
      'storage: inmemory\nhttp: {debug: {addr: ":1", prometheus: {enabled: on}}}',
      ({ http }) => http.debug,
      { addr: ':1', prometheus: { enabled: true, path: '/metrics' } },
    ],
    ['storage: inmemory\nauth: {}', ({ auth }) => auth, undefined],
    ['storage: inmemory\nlongshore: {workers: 3}', ({ longshore }) => longshore.workers, 3],
    ['storage: inmemory\nlongshore: {manifests: {maxsize: 4MB}}', ({ longshore }) => longshore.manifests.maxsize, 4e6],
    [
      'storage: inmemory\nlongshore: {manifests: {sparse: mirror/**}}',
      ({ longshore }) => longshore.manifests.sparse,
      ['mirror/**'],
    ],
    [
      'storage: inmemory\nauth: {htpasswd: {realm: r, path: p}}\nlongshore: {auth: {rules: [{repository: a/*, users: u, actions: "*"}]}}',
      ({ longshore }) => longshore.auth.rules,
      [{ repository: ['a/*'], users: ['u'], anonymous: false, actions: ['*'] }],
    ],
    [
      'storage: inmemory\nvalidation: {enabled: true, manifests: {urls: {allow: ["^https?://([^/]+\\\\.)*example\\\\.com/"]}}}',
      ({ validation }) => validation.manifests.urls,
      { allow: ['^https?://([^/]+\\.)*example\\.com/'], deny: [] },
    ],
  ])('%s', (text, pick, expected) => {
    expect(pick(loadConfig({ text: `version: 0.1\n${text}`, env: {} }))).toEqual(expected);
  });

  it.each<[text: string, env: Record<string, string>, notes: RegExp[]]>([
    ['storage: inmemory', {}, []],
    ['storage: inmemory\nhttp: {http2: {disabled: true}}', {}, []],
    ['storage: inmemory\nhttp: {http2: {disabled: false}}', {}, [/^r\.yml:3:16: http\.http2\.disabled: has no effect/]],
    [
      'storage: inmemory',
      { REGISTRY_OPENSHIFT_SERVER_ADDR: 'registry:5000' },
      [/^REGISTRY_OPENSHIFT_SERVER_ADDR: openshift\.server\.addr: has no effect/],
    ],
    ['storage: inmemory\nauth: openshift', { REGISTRY_OPENSHIFT_SERVER_ADDR: 'registry:5000' }, []],
  ])('notes what has no effect: %s %o', (text, env, notes) => {
    const config = loadConfig({ text: `version: 0.1\n${text}`, file: 'r.yml', env });
    expect(config.notes ?? []).toEqual(notes.map((note) => expect.stringMatching(note) as string));
  });

  it('tells all problems in the order of the file, then those of variables', () => {
    const text = `version: 0.1
http:
  addr: 5000
storage:
  filesystem:
    maxThreads: 10
  delte:
    enabled: true
log:
  level: [debug]
`;
    const env = { REGISTRY_STORAGE_DELTE_ENABLED: 'true', REGISTRY_CATALOG_MAXENTRIES: 'many' };
    expect(problemsOf(text, env)).toEqual([
      'config.yml:3:3: http.addr: expected "host:port" or ":port", found "5000"',
      'config.yml:6:5: storage.filesystem.maxThreads: unknown key; did you mean "maxthreads"?',
      'config.yml:7:3: storage.delte: unknown key; did you mean "delete"?',
      'config.yml:10:10: log.level: expected one of "error", "warn", "info", "debug", found a list',
      'REGISTRY_CATALOG_MAXENTRIES: catalog.maxentries: expected a whole number from 1 to 2147483647, found the text "many"',
      'REGISTRY_STORAGE_DELTE_ENABLED: storage.delte: unknown key; did you mean REGISTRY_STORAGE_DELETE_ENABLED?',
    ]);
  });

  it.each([
    ['', 'config.yml:1:1: version: missing; write "version: 0.1"'],
    ['a list', 'config.yml:1:1: expected a mapping of keys; begin with "version: 0.1"'],
    ['version: 0.2\nstorage: inmemory', 'config.yml:1:10: version: expected "0.1", found 0.2; did you mean "0.1"?'],
    ['version: 0.1', 'storage: names no driver; add "filesystem: {rootdirectory: /var/lib/registry}"'],
    ['version: 0.1\nstorage: {delete: {}}', 'config.yml:2:1: storage: names no driver'],
    [
      'version: 0.1\nstorage:\n  filesystem:\n  inmemory:',
      'config.yml:4:3: storage.inmemory: two drivers, "filesystem" and "inmemory"',
    ],
    [
      'version: 0.1\nstorage:\n  s3: {secretkey: HIDDEN}',
      'config.yml:3:3: storage.s3: driver "s3" is not available in this version; available: filesystem, inmemory',
    ],
    ['version: 0.1\nstorage: gcs', 'config.yml:2:10: storage.gcs: driver "gcs" is not available in this version'],
    [`${START}http: {tls: {certificate: a}}`, 'config.yml:3:8: http.tls.key: missing; write the path of a PEM file'],
    [`${START}http: {tls: {minimumtls: tls1.0}}`, 'found the text "tls1.0"; older ones are not safe'],
    [`${START}http: {tls: {letsencrypt: {email: a}}}`, 'http.tls.letsencrypt: not available in this version'],
    [`${START}http: {tls: {ciphersuites: [TLS_AES_128_GCM_SHA265]}}`, 'did you mean "TLS_AES_128_GCM_SHA256"?'],
    [`${START}http: {host: "https://u:HIDDEN@a"}`, 'http.host: expected a URL such as'],
    [`${START}http: {secret: [HIDDEN]}`, 'http.secret: expected a text, found a list'],
    [`${START}http: {prefix: /a}`, 'http.prefix: expected a path such as /registry/, with both slashes'],
    [`${START}http: {net: unix}`, 'http.addr: expected the absolute path of a socket, found ":5000"'],
    [`${START}http: {h2c: {enabled: true}}`, 'http.h2c: HTTP/2 without TLS is not available'],
    [`${START}http: {headers: {"a b": [c]}}`, 'config.yml:3:18: http.headers.a b: expected the name of a header'],
    [`${START}http: {headers: {a: ["b\\nc: d"]}}`, 'http.headers.a[0]: expected a text without control characters'],
    [`${START}http: {draintimeout: 30}`, 'found 30; add the unit'],
    [`${START}http: {draintimeout: 700h}`, 'expected a duration from 0 to 596h, found the text "700h"'],
    [
      `${START}http: {debug: {prometheus: {enabled: true}}}`,
      'http.debug.addr: missing; write an address such as ":5001"',
    ],
    [`${START}http: {relativeurls: "true"}`, 'expected true or false, found the text "true"; remove the quotes'],
    [`${START}tags: {maxtags: "5"}`, 'found the text "5"; remove the quotes'],
    [`${START}tags: {maxtags: 0}`, 'expected a whole number from 1 to 2147483647, found 0'],
    [`${START}tags: 5`, 'config.yml:3:7: tags: expected a mapping of keys, found a number'],
    [`${START}auth: {htpasswd: }`, 'config.yml:3:8: auth.htpasswd.realm: missing; write a name'],
    [
      `${START}auth: {token: {realm: x}}`,
      'auth.token: not available in this version: Longshore issues its tokens itself',
    ],
    [`${START}auth: silly`, 'auth.silly: not available: it lets everybody in'],
    [
      `${START}auth: {openshift: , htpasswd: {realm: r, path: p}}`,
      'auth.openshift: write either auth.htpasswd or auth.openshift',
    ],
    [
      `${START}auth: openshift\nlongshore: {auth: {rules: [{repository: a, users: b, actions: pull}]}}`,
      'longshore.auth: with auth.openshift the roles of the cluster say who may do what',
    ],
    [`${START}auth: {htpaswd: }`, 'auth.htpaswd: unknown key; did you mean "htpasswd"?'],
    [`${START}proxy: {remoteurl: https://a}`, 'config.yml:3:1: proxy: not available in this version; remove it'],
    [`${START}notifications: {endpoints: [{name: a}]}`, 'notifications: not available in this version'],
    [`${START}health: {http: [{uri: a}]}`, 'health.http: not available in this version'],
    [`${START}loglevel: debug`, 'loglevel: not available in this version; write log.level instead'],
    [`${START}openshift: {quota: {enabled: true}}`, 'openshift.quota.enabled: needs auth.openshift'],
    [`${START}openshift: {server: {addr: "a b"}}`, 'openshift.server.addr: expected a host and port such as'],
    [
      `${START}openshift: {auth: {tokenrealm: "https://a/b"}}`,
      'openshift.auth.tokenrealm: expected a URL without path',
    ],
    [
      `${START}openshift: {auth: {tokenrealm: "https://a?b"}}`,
      'openshift.auth.tokenrealm: expected a URL without path',
    ],
    [`${START}openshift: {version: 2.0}`, 'openshift.version: expected "1.0", found 2.0'],
    [`${START}openshift: {pullthrough: {mirror: 5}}`, 'openshift.pullthrough.mirror: expected true or false, found 5'],
    ...['10.0.0.0/33', '10.0/8', 'a b', 'fd00::/129', '*'].map((entry): [string, string] => [
      `${START}longshore: {pullthrough: {allow: ["${entry}"]}}`,
      'longshore.pullthrough.allow[0]: expected a host, *.domain, or a network such as 10.0.0.0/8',
    ]),
    [
      'version: 0.1\nstorage: {inmemory: , cache: {blobdescriptor: redis}}',
      '; "redis" is not available in this version',
    ],
    [
      'version: 0.1\nstorage: {inmemory: , cache: {blobdescriptor: inmemory, layerinfo: inmemory}}',
      'is another name of "blobdescriptor"',
    ],
    [
      `${START}validation: {manifests: {urls: {deny: [a, "("]}}}`,
      `validation.manifests.urls.deny[1]: expected a regular expression in Go's syntax`,
    ],
    [`${START}longshore: {workers: 0}`, 'expected a whole number from 1 to 256 or "auto", found 0'],
    [
      `${START}longshore: {manifests: {sparse: [A]}}`,
      'longshore.manifests.sparse[0]: expected a glob such as "team/*"',
    ],
    [`${START}longshore: {manifests: {maxsize: 1GiB}}`, 'expected a size from 1KiB to 64MiB'],
    [
      `${START}longshore: {auth: {rules: []}}`,
      'config.yml:3:1: longshore.auth.rules: the rules have no users to hold for',
    ],
    [
      `${START}longshore: {auth: {rules: [{repository: a, actions: [pull]}]}}`,
      'longshore.auth.rules[0].users: the rule holds for nobody',
    ],
    [`${START}longshore: {auth: {rules: [{anonymous: true, actions: [pul]}]}}`, 'rules[0].actions[0]: expected one of'],
    [
      `${START}longshore: {auth: {rules: [{anonymous: true, actions: [pul]}]}}`,
      'rules[0].repository: missing; write a glob',
    ],
    [`${START}longshore: {auth: {rules: [{repository: A, anonymous: true, actions: pull}]}}`, 'in lower case'],
    [`${START}longshore: {auth: {metrics: {users: ["a:b"]}}}`, 'without spaces and colons'],
  ])('refuses %j', (text, problem) => {
    const problems = problemsOf(text).join('\n');
    expect(problems).toContain(problem);
    expect(problems).not.toContain('HIDDEN');
  });

  it('names the file as it was told', () => {
    expect(() => loadConfig({ text: 'a: b', file: '/etc/r.yml', env: {} })).toThrow(
      /^\/etc\/r\.yml:1:1: a: unknown key$/m,
    );
  });

  it('stops telling problems at a hundred', () => {
    const text = START + Array.from({ length: 150 }, (_, index) => `unknown${index}: x`).join('\n');
    const problems = problemsOf(text);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toContain('and 50 more problems');
  });
});

describe('properties', () => {
  const word = fc.constantFrom(
    'version',
    'storage',
    'inmemory',
    'http',
    'tls',
    'log',
    'auth',
    'rules',
    '<<',
    '__proto__',
    'x',
  );
  const leaf = fc.oneof(
    fc.constantFrom('0.1', 'true', '', '10s', '~'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(word, tie('tree'), { maxKeys: 4 }),
    ),
  }));

  it('no tree brings forth anything but a ConfigError', () => {
    const section = fc.constantFrom(
      'log',
      'http',
      'storage',
      'auth',
      'health',
      'validation',
      'openshift',
      'longshore',
      'x',
    );
    fc.assert(
      fc.property(fc.dictionary(section, tree), (sections) => {
        problemsOf(stringify({ version: 0.1, ...sections }));
      }),
      { numRuns: 500 },
    );
  });

  it('no text does', () => {
    const piece = fc.constantFrom(
      'storage',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '"',
      "'",
      '|',
      '<<',
      '!',
      '%',
      '#',
      '\t',
      ',',
      '? ',
      '0.1',
      '---',
      '\r',
      '\0',
      'é',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (body) => {
        problemsOf(body);
      }),
      { numRuns: 2000 },
    );
  });

  it('no environment does', () => {
    const end = fc.constantFrom(
      '',
      '_',
      'STORAGE',
      'HTTP_HEADERS',
      'HTTP_HEADERS_A',
      'LOG_FIELDS___PROTO__',
      'PROXY_A',
      'AUTH',
      'CONSTRUCTOR',
      'STORAGE___PROTO__',
      'PORT',
    );
    const value = fc.oneof(
      fc.string(),
      tree.map((each) => JSON.stringify(each) ?? ''),
    );
    fc.assert(
      fc.property(fc.dictionary(end, value), (variables) => {
        problemsOf(
          undefined,
          Object.fromEntries(Object.entries(variables).map(([key, text]) => [`REGISTRY_${key}`, text])),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
