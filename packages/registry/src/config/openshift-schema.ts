import { isRegistryHost } from '@longshore/oci';
import type { OpenshiftConfig, RequestLimits } from './registry-config.js';
import type { Setting } from './setting.js';
import { section } from './structure-settings.js';
import { choice, duration, flag, integer, optionalText } from './value-settings.js';

/** The `openshift` section (reference registry 6.1). */
export function openshiftSetting(): Setting<OpenshiftConfig> {
  return section<OpenshiftConfig>({
    about: 'Keys of the registry of OpenShift.',
    keys: {
      version: choice({ about: 'Version of this section.', values: ['1.0'], fallback: '1.0' }),
      kubeconfig: optionalText({
        about: 'How the API server of the cluster is reached. When absent: `KUBECONFIG`, or the pod of the registry.',
        type: 'a path',
      }),
      server: section<OpenshiftConfig['server']>({
        about: 'The registry as the cluster sees it.',
        keys: {
          addr: optionalText({
            about:
              'With `auth.openshift`: `host:port` by which images are told to be here. ' +
              'When absent: `image-registry.openshift-image-registry.svc:5000`.',
            type: 'a host and port',
            check: hostAndPortError,
          }),
        },
      }),
      auth: section<OpenshiftConfig['auth']>({
        about: 'What clients are told that have to log in.',
        keys: {
          realm: optionalText({ about: 'Name of the realm; outdoes `auth.openshift.realm`.' }),
          tokenrealm: optionalText({
            about: "URL of the token endpoint's server, without path. When absent: that of the request.",
            type: 'a URL',
            check: tokenRealmError,
          }),
        },
      }),
      audit: section<OpenshiftConfig['audit']>({
        about: 'Lines in the log for each operation.',
        keys: { enabled: flag({ about: 'Log who begins and ends which operation, and how.', fallback: false }) },
      }),
      cache: section<OpenshiftConfig['cache']>({
        about: 'What is remembered of image streams, with `auth.openshift`.',
        keys: {
          disabled: flag({ about: 'Ask the API server each time.', fallback: false }),
          blobrepositoryttl: duration({
            about:
              'How long it is believed, while streams are watched, that one lists content its repository has no link to.',
            fallback: '10m',
          }),
        },
      }),
      quota: section<OpenshiftConfig['quota']>({
        about: 'Limits and quotas of projects, checked while blobs arrive, with `auth.openshift`.',
        keys: {
          enabled: flag({ about: 'Check them.', fallback: false }),
          cachettl: duration({ about: 'How long what was read is believed.', fallback: '1m' }),
        },
      }),
      pullthrough: section<OpenshiftConfig['pullthrough']>({
        about: 'What image streams name of other registries.',
        keys: {
          enabled: flag({ about: 'Serve it. Means something with `auth.openshift` only.', fallback: true }),
          mirror: flag({ about: 'Keep what was served.', fallback: true }),
        },
      }),
      compatibility: section<OpenshiftConfig['compatibility']>({
        about: 'What old clients send.',
        keys: { acceptschema2: flag({ about: "Take images in Docker's schema 2.", fallback: true }) },
      }),
      requests: section<OpenshiftConfig['requests']>({
        about: 'Limits of concurrent requests.',
        keys: { read: limitsSetting('GET, HEAD and OPTIONS.'), write: limitsSetting('All other methods.') },
      }),
      metrics: section<OpenshiftConfig['metrics']>({
        about: 'Metrics at `/extensions/v2/metrics`.',
        keys: {
          enabled: flag({ about: 'Serve them.', fallback: true }),
          secret: optionalText({ about: 'Bearer token that may read them.', secret: true }),
        },
      }),
    },
  });
}

function limitsSetting(about: string): Setting<RequestLimits> {
  return section<RequestLimits>({
    about,
    keys: {
      maxrunning: integer({ about: 'Requests served at once; 0 is no limit.', fallback: 0, min: 0 }),
      maxinqueue: integer({ about: 'Requests that wait; one more is answered 429.', fallback: 0, min: 0 }),
      maxwaitinqueue: duration({ about: 'Longest wait before 429; 0 is no limit.', fallback: '0' }),
    },
  });
}

function hostAndPortError(text: string): string | undefined {
  return isRegistryHost(text) ? undefined : 'a host and port such as registry.example.com:5000';
}

function tokenRealmError(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return isPlain && /^https?:\/\/[^/?#]+\/?$/.test(text)
    ? undefined
    : 'a URL without path such as https://registry.example.com';
}
