import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Environment } from './environment.js';
import { defaultConfig, loadConfig } from './load.js';
import type { RegistryConfig } from './registry-config.js';

const FILE = `version: 0.1
log: {level: warn, fields: {a: b, two_words: c}}
storage:
  filesystem: {rootdirectory: /file, maxthreads: 7}
  cache: {layerinfo: inmemory}
  delete: {enabled: true}
http:
  headers: {X-One: [a], X-Two: [b]}
`;

describe('variables over a file', () => {
  it.each<[env: Environment, pick: (config: RegistryConfig) => unknown, expected: unknown]>([
    [{ REGISTRY_LOG_LEVEL: 'debug' }, ({ log }) => log.level, 'debug'],
    [{ REGISTRY_LOG_LEVEL: '' }, ({ log }) => log.level, 'warn'],
    [{ REGISTRY_LOG_LEVEL: ' ' }, ({ log }) => log.level, 'warn'],
    [{ REGISTRY_LOG_LEVEL: undefined }, ({ log }) => log.level, 'warn'],
    [{ REGISTRY_LOG_LEVEL: '~' }, ({ log }) => log.level, 'info'],
    [{ REGISTRY_LOG: '{formatter: json}' }, ({ log }) => [log.level, log.formatter], ['warn', 'json']],
    [{ REGISTRY_LOG_FIELDS_SITE: 'x' }, ({ log }) => log.fields, { a: 'b', two_words: 'c', site: 'x' }],
    [{ REGISTRY_LOG_FIELDS_TWO_WORDS: 'x' }, ({ log }) => log.fields, { a: 'b', two_words: 'x' }],
    [{ REGISTRY_LOG_FIELDS: '{a: c}' }, ({ log }) => log.fields, { a: 'c', two_words: 'c' }],
    [{ REGISTRY_HTTP_HEADERS_X_ONE: 'c' }, ({ http }) => http.headers, { 'X-One': ['c'], 'X-Two': ['b'] }],
    [
      { REGISTRY_HTTP_HEADERS: '{X-Three: [c, d]}' },
      ({ http }) => http.headers,
      { 'X-One': ['a'], 'X-Two': ['b'], 'X-Three': ['c', 'd'] },
    ],
    [
      { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/env' },
      ({ storage }) => storage.filesystem,
      { rootdirectory: '/env', maxthreads: 7 },
    ],
    [{ REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: '""' }, ({ storage }) => storage.cache.blobdescriptor, ''],
    [
      { REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: true}' },
      ({ storage }) => storage.maintenance.readonly.enabled,
      true,
    ],
    [
      { REGISTRY_STORAGE: 'inmemory' },
      ({ storage }) => [storage.inmemory, storage.filesystem, storage.delete.enabled],
      [{}, undefined, false],
    ],
    [
      { REGISTRY_STORAGE: 'filesystem', REGISTRY_STORAGE_FILESYSTEM_MAXTHREADS: '3' },
      ({ storage }) => storage.filesystem,
      { rootdirectory: '/var/lib/registry', maxthreads: 3 },
    ],
    [
      { REGISTRY_AUTH: 'htpasswd', REGISTRY_AUTH_HTPASSWD_REALM: 'r', REGISTRY_AUTH_HTPASSWD_PATH: '/p' },
      ({ auth }) => auth,
      { htpasswd: { realm: 'r', path: '/p' } },
    ],
    [
      {
        OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES: 'TLS_AES_128_GCM_SHA256',
        REGISTRY_HTTP_TLS: '{certificate: a, key: b}',
      },
      ({ http }) => http.tls?.ciphersuites,
      ['TLS_AES_128_GCM_SHA256'],
    ],
    [
      {
        OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES: 'TLS_AES_128_GCM_SHA256',
        REGISTRY_HTTP_TLS: '{certificate: a, key: b}',
        REGISTRY_HTTP_TLS_CIPHERSUITES: '[TLS_AES_256_GCM_SHA384]',
      },
      ({ http }) => http.tls?.ciphersuites,
      ['TLS_AES_256_GCM_SHA384'],
    ],
    [{ REGISTRY_HTTP_SECRET: '00123' }, ({ http }) => http.secret, '00123'],
  ])('%j', (env, pick, expected) => {
    expect(pick(loadConfig({ text: FILE, env }))).toEqual(expected);
  });

  it("leaves other programs' variables alone", () => {
    const env = {
      REGISTRY_PORT: 'tcp://10.0.0.1:5000',
      REGISTRY_PORT_5000_TCP: 'tcp://10.0.0.1:5000',
      REGISTRY_PORT_5000_TCP_ADDR: '10.0.0.1',
      REGISTRY_PORT_5000_TCP_PROTO: 'tcp',
      REGISTRY_SERVICE_HOST: '10.0.0.1',
      REGISTRY_SERVICE_PORT: '5000',
      REGISTRY_SERVICE_PORT_HTTPS: '5000',
      REGISTRY_UI_PORT: 'tcp://10.0.0.2:80',
      REGISTRY_UI_PORT_80_TCP_PORT: '80',
      REGISTRY_UI_SERVICE_HOST: '10.0.0.2',
      REGISTRY_AUTH_FILE: '/run/auth.json',
      REGISTRY_CONFIGURATION_PATH: '/etc/registry.yml',
      MY_REGISTRY_FOO: 'x',
    };
    expect(loadConfig({ env })).toEqual(defaultConfig());
  });

  it.each<[env: Environment, problem: string]>([
    [
      { REGISTRY_STORAGE_DELTE_ENABLED: 'true' },
      'REGISTRY_STORAGE_DELTE_ENABLED: storage.delte: unknown key; did you mean REGISTRY_STORAGE_DELETE_ENABLED?',
    ],
    [{ REGISTRY_HTTP_PORT: '5000' }, 'REGISTRY_HTTP_PORT: http.port: unknown key'],
    [{ REGISTRY_: 'x' }, 'REGISTRY_: unknown key'],
    [{ REGISTRY_LOG_: 'x' }, 'REGISTRY_LOG_: log.: unknown key'],
    [{ REGISTRY_log_level: 'info' }, 'REGISTRY_log_level: log: unknown key; did you mean REGISTRY_LOG_level?'],
    [
      { REGISTRY_LOG_LEVEL_X: '1' },
      'REGISTRY_LOG_LEVEL_X: log.level: there are no keys below this one; REGISTRY_LOG_LEVEL takes one of',
    ],
    [
      { REGISTRY_LONGSHORE_AUTH_RULES_0: '{}' },
      'REGISTRY_LONGSHORE_AUTH_RULES takes a list, written whole as YAML: [a, b]',
    ],
    [{ REGISTRY_LOG: 'debug' }, 'REGISTRY_LOG: log: expected a mapping of keys, found a text'],
    [{ REGISTRY_LOG: '{levl: debug}' }, 'REGISTRY_LOG: log.levl: unknown key; did you mean "level"?'],
    [{ REGISTRY_HTTP_SECRET: '{a: HIDDEN}' }, 'REGISTRY_HTTP_SECRET: http.secret: expected a text, found a mapping'],
    [{ REGISTRY_HTTP_SECRET: '@HIDDEN' }, 'REGISTRY_HTTP_SECRET: this is not valid YAML'],
    [{ REGISTRY_HTTP_SECRET: '*HIDDEN' }, 'REGISTRY_HTTP_SECRET: an alias without an anchor before it'],
    [{ REGISTRY_HTTP_SECRET: '!HIDDEN' }, 'REGISTRY_HTTP_SECRET: this is not valid YAML'],
    [{ REGISTRY_HTTP_SECRET: '"HIDDEN' }, 'REGISTRY_HTTP_SECRET: this is not valid YAML'],
    [{ REGISTRY_HTTP_SECRET: '#HIDDEN' }, 'REGISTRY_HTTP_SECRET: the whole value is a YAML comment; put it in quotes'],
    [
      { REGISTRY_STORAGE_INMEMORY: '{}' },
      'REGISTRY_STORAGE_INMEMORY: storage.inmemory: two drivers, "filesystem" and "inmemory"',
    ],
    [
      { REGISTRY_STORAGE_S3_SECRETKEY: 'HIDDEN' },
      'REGISTRY_STORAGE_S3_SECRETKEY: storage.s3: driver "s3" is not available',
    ],
    [{ REGISTRY_REDIS_ADDR: 'redis:6379' }, 'REGISTRY_REDIS_ADDR: redis: not available in this version'],
    [
      { REGISTRY_HTTP_TLS_MINVERSION: 'VersionTLS11' },
      'REGISTRY_HTTP_TLS_MINVERSION: http.tls.minimumtls: expected one of',
    ],
    [
      { OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES: 'A"B' },
      'OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES: http.tls.ciphersuites[0]: expected a known',
    ],
  ])('refuses %j', (env, problem) => {
    const load = (): RegistryConfig => loadConfig({ text: FILE, env });
    expect(load).toThrow(problem);
    expect(load).not.toThrow('HIDDEN');
  });

  it('tells a mistake in the file, whatever a variable puts below it', () => {
    const text = 'version: 0.1\nstorage: inmemory\nlog: 5';
    expect(() => loadConfig({ text, env: { REGISTRY_LOG_LEVEL: 'info' } })).toThrow(
      'config.yml:3:6: log: expected a mapping of keys, found a number',
    );
  });
});

describe('a variable and the same key in the file', () => {
  const text = fc.oneof(
    fc.stringMatching(/^[a-zA-Z0-9/ :#'"{}&*!%@-]{1,12}$/),
    fc.constantFrom('true', '5', '~', '0x1'),
  );
  const key = fc.oneof(
    fc.tuple(fc.constant('http.secret'), text),
    fc.tuple(fc.constant('storage.filesystem.rootdirectory'), text),
    fc.tuple(fc.constant('storage.delete.enabled'), fc.boolean()),
    fc.tuple(
      fc.constant('storage.maintenance.uploadpurging'),
      fc.record({ dryrun: fc.boolean(), age: fc.nat().map((n) => `${n}s`) }, { requiredKeys: [] }),
    ),
    fc.tuple(fc.constant('catalog.maxentries'), fc.nat()),
    fc.tuple(fc.constant('longshore.workers'), fc.oneof(fc.nat(300), fc.constantFrom('auto', 'cores'))),
    fc.tuple(
      fc.constant('log'),
      fc.record(
        { level: fc.constantFrom('info', 'debug', 'loud'), fields: fc.dictionary(text, text) },
        { requiredKeys: [] },
      ),
    ),
    fc.tuple(fc.constant('http.headers'), fc.dictionary(fc.stringMatching(/^[A-Za-z-]{1,8}$/), fc.array(text))),
    fc.tuple(fc.constant('validation.manifests.urls.allow'), fc.array(text)),
  );

  /** The configuration, or the problems without their places. */
  function outcome(load: () => RegistryConfig): unknown {
    try {
      return load();
    } catch (error) {
      return (error as Error).message
        .split('\n')
        .map((line) => line.replace(/^(REGISTRY_\w+|config\.yml:\d+:\d+): /, ''));
    }
  }

  it('mean the same', () => {
    fc.assert(
      fc.property(key, ([path, value]) => {
        const names = path.split('.');
        const nested = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        const storage = path.startsWith('storage.filesystem') ? {} : { storage: { filesystem: {} } };
        const base = { version: 0.1, ...storage };
        const merged =
          path.startsWith('storage.') && !path.startsWith('storage.filesystem')
            ? { version: 0.1, storage: { filesystem: {}, ...(nested as { storage: object }).storage } }
            : { ...base, ...(nested as object) };
        const variable = `REGISTRY_${names.join('_').toUpperCase()}`;
        const byFile = outcome(() => loadConfig({ text: stringify(merged), env: {} }));
        const byVariable = outcome(() => loadConfig({ text: stringify(base), env: { [variable]: stringify(value) } }));
        expect(byVariable).toEqual(byFile);
      }),
      { numRuns: 500 },
    );
  });
});
