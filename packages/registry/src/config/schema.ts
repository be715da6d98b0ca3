import { isIPv4, isIPv6 } from 'node:net';
import { isRegistryHost } from '@longshore/oci';
import { authSetting, longshoreAuthSetting, repositoryGlobs } from './auth-schema.js';
import { httpSetting } from './http-schema.js';
import { openshiftSetting } from './openshift-schema.js';
import type { LogConfig, LongshoreConfig, OpenshiftConfig, RegistryConfig } from './registry-config.js';
import type { Setting } from './setting.js';
import { storageSetting } from './storage-schema.js';
import { list, mapOf, refused, section } from './structure-settings.js';
import { byteSize, choice, duration, flag, integer, integerOrWord, text } from './value-settings.js';
import { patternError } from './pattern.js';

export { driverNames } from './storage-schema.js';

const ALLOWED_PLACE = 'a host, *.domain, or a network such as 10.0.0.0/8';
const NOT_AVAILABLE = 'not available in this version; remove it';

/** What stands in a configuration; `notes` are about it. */
type Written = Omit<RegistryConfig, 'notes'>;

/** Every key of the configuration. Order is that of the reference page. */
export const registrySchema: Setting<Written> = section<Written>({
  about: 'The whole file.',
  keys: {
    version: choice({
      about: 'Version of the file format. Every file must say it.',
      values: ['0.1'],
      fallback: '0.1',
      required: '"version: 0.1"',
    }),
    log: logSetting(),
    http: httpSetting(),
    storage: storageSetting(),
    auth: authSetting(),
    catalog: section<RegistryConfig['catalog']>({
      about: 'The list of repositories.',
      keys: {
        maxentries: integer({ about: 'Most repositories in one answer of `/v2/_catalog`.', fallback: 1000, min: 1 }),
      },
    }),
    tags: section<RegistryConfig['tags']>({
      about: 'The list of tags.',
      keys: { maxtags: integer({ about: 'Most tags in one answer of `tags/list`.', fallback: 1000, min: 1 }) },
    }),
    health: healthSetting(),
    validation: validationSetting(),
    openshift: openshiftSetting(),
    longshore: longshoreSetting(),
  },
  extras: {
    loglevel: refused('not available in this version; write log.level instead'),
    notifications: refused(NOT_AVAILABLE),
    redis: refused(NOT_AVAILABLE),
    proxy: refused(NOT_AVAILABLE),
    middleware: refused(NOT_AVAILABLE),
    reporting: refused(NOT_AVAILABLE),
    policy: refused(NOT_AVAILABLE),
  },
  check({ values, given, report, note }) {
    if (values.longshore?.auth.rules && !given.includes('auth')) {
      report('longshore.auth.rules', 'the rules have no users to hold for; write auth.htpasswd too');
    }
    const { rules, catalog, metrics } = values.longshore?.auth ?? {};
    if (values.auth?.openshift && (rules ?? catalog?.users ?? metrics?.users)) {
      report(
        'longshore.auth',
        'with auth.openshift the roles of the cluster say who may do what; remove rules and users here',
      );
    }
    if (!values.auth?.openshift) checkStandsAlone(values.openshift, report, note);
  },
});

/** What only a registry that belongs to a cluster can do. */
function checkStandsAlone(
  openshift: OpenshiftConfig | undefined,
  report: (key: string, text: string) => void,
  note: (key: string, text: string) => void,
): void {
  if (openshift?.quota.enabled) {
    report('openshift.quota.enabled', 'needs auth.openshift: a registry that stands alone knows no projects');
  }
  for (const [key, value] of [
    ['server.addr', openshift?.server.addr],
    ['kubeconfig', openshift?.kubeconfig],
  ]) {
    if (value !== undefined) note(`openshift.${key}`, 'has no effect without auth.openshift');
  }
}

function logSetting(): Setting<LogConfig> {
  return section<LogConfig>({
    about: 'The log, one line for each event.',
    keys: {
      level: choice({
        about: 'The least severity that is logged.',
        values: ['error', 'warn', 'info', 'debug'],
        fallback: 'info',
        spellings: { ERROR: 'error', WARN: 'warn', INFO: 'info', DEBUG: 'debug' },
      }),
      formatter: choice({
        about: 'How a line looks.',
        values: ['text', 'json', 'logstash'],
        fallback: 'text',
      }),
      fields: mapOf({
        about: 'Fields that are added to every line.',
        type: 'a mapping of names to texts',
        item: text({ about: '', fallback: '' }),
        checkKey: (key) => (/^[\w.-]{1,64}$/.test(key) ? undefined : 'a name of letters, digits, ".", "_" and "-"'),
        variableKey: (rest) => rest.toLowerCase(),
      }),
      accesslog: section<LogConfig['accesslog']>({
        about: 'The line for each request.',
        keys: { disabled: flag({ about: 'Leave out the line for each request.', fallback: false }) },
      }),
    },
    extras: { hooks: refused(NOT_AVAILABLE), reportcaller: refused(NOT_AVAILABLE) },
  });
}

function healthSetting(): Setting<RegistryConfig['health']> {
  return section<RegistryConfig['health']>({
    about: 'Checks of the registry itself.',
    keys: {
      storagedriver: section<RegistryConfig['health']['storagedriver']>({
        about: 'A periodic check of the storage.',
        keys: {
          enabled: flag({ about: 'Check the storage, and be unready (`/readyz`) while it fails.', fallback: true }),
          interval: duration({ about: 'Time between two checks.', fallback: '10s', min: '100ms' }),
          threshold: integer({ about: 'Failures in a row that make it unhealthy.', fallback: 3, min: 1 }),
        },
      }),
    },
    extras: { file: refused(NOT_AVAILABLE), http: refused(NOT_AVAILABLE), tcp: refused(NOT_AVAILABLE) },
  });
}

function validationSetting(): Setting<RegistryConfig['validation']> {
  const patterns = (about: string): Setting<string[]> =>
    list({
      about,
      type: 'a list of regular expressions',
      item: text({ about: '', type: 'a regular expression', fallback: '', check: patternError }),
    });
  return section<RegistryConfig['validation']>({
    about: 'What is asked of manifests.',
    keys: {
      disabled: flag({ about: 'Skip the checks of this section.', fallback: false }),
      enabled: flag({ about: 'The old key: `true` outdoes `disabled`.', fallback: false }),
      manifests: section<RegistryConfig['validation']['manifests']>({
        about: 'Checks of manifests.',
        keys: {
          urls: section<RegistryConfig['validation']['manifests']['urls']>({
            about: 'URLs of layers that are kept elsewhere.',
            keys: {
              allow: patterns('A layer URL must match one of these. Without any, each that is not denied will do.'),
              deny: patterns('A layer URL must match none of these.'),
            },
          }),
        },
        extras: { indexes: refused(NOT_AVAILABLE) },
      }),
    },
  });
}

function longshoreSetting(): Setting<LongshoreConfig> {
  return section<LongshoreConfig>({
    about: 'Keys of Longshore itself; other registries do not know them.',
    keys: {
      workers: integerOrWord({
        about: 'Processes that serve requests; `auto` is one for each processor core.',
        word: 'auto',
        min: 1,
        max: 256,
      }),
      manifests: section<LongshoreConfig['manifests']>({
        about: 'Manifests.',
        keys: {
          maxsize: byteSize({
            about: 'Largest manifest; a larger one is answered 413.',
            fallback: '4MiB',
            min: '1KiB',
            max: '64MiB',
          }),
          sparse: list(
            repositoryGlobs(
              'Repositories whose indexes may list images that are not there, such as `mirror/**`; else that is refused.',
            ),
          ),
        },
      }),
      gc: section<LongshoreConfig['gc']>({
        about: 'Online garbage collection.',
        keys: {
          lease: duration({
            about: 'How long a blob that nothing refers to is kept for the push that may be about to.',
            fallback: '1h',
            min: '0s',
          }),
        },
      }),
      auth: longshoreAuthSetting(),
      pullthrough: section<LongshoreConfig['pullthrough']>({
        about: 'Other registries that image streams name.',
        keys: {
          allow: list({
            about: 'Hosts, `*.domain` and networks that may be asked though their addresses are not public.',
            type: 'a list of hosts and networks',
            item: text({ about: '', required: ALLOWED_PLACE, check: allowedPlaceError }),
          }),
          pullsecret: text({
            about: "File with the installation's pull secret, a Docker configuration. It need not exist.",
            type: 'a path',
            fallback: '/var/lib/kubelet/config.json',
          }),
        },
      }),
    },
  });
}

/** What was expected of an entry of `longshore.pullthrough.allow`, when it is none. */
function allowedPlaceError(entry: string): string | undefined {
  const [, address = '', bits] = /^([^/]*)\/(\d{1,3})$/.exec(entry) ?? [];
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  const isPlace = bits === undefined ? isRegistryHost(entry.replace(/^\*\./, '')) : Number(bits) <= most;
  return isPlace ? undefined : ALLOWED_PLACE;
}
