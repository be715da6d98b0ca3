import { cipherSuiteNames } from './cipher-suites.js';
import { didYouMean } from './nearest.js';
import type { DebugConfig, HttpConfig, TlsConfig } from './registry-config.js';
import type { Setting } from './setting.js';
import {
  hasValue,
  list,
  mapOf,
  optionalList,
  optionalSection,
  refused,
  section,
  withNote,
} from './structure-settings.js';
import { choice, duration, flag, optionalText, text } from './value-settings.js';

/** The `http` section. */
export function httpSetting(): Setting<HttpConfig> {
  return section<HttpConfig>({
    about: 'The HTTP server.',
    keys: {
      addr: text({
        about: 'Where to listen: `host:port`, `:port` for all addresses, or with `net: unix` the path of a socket.',
        type: 'an address',
        fallback: ':5000',
      }),
      net: choice({ about: 'Kind of socket.', values: ['tcp', 'unix'], fallback: 'tcp' }),
      host: optionalText({
        about: 'URL of the registry as clients see it, when a proxy hides it.',
        type: 'a URL',
        secret: true,
        check: checkHost,
      }),
      prefix: text({
        about: 'Path below which everything is served; begins and ends with a slash.',
        type: 'a path',
        fallback: '/',
        check: (path) => (/^\/([\w.~-]+\/)*$/.test(path) ? undefined : 'a path such as /registry/, with both slashes'),
      }),
      secret: optionalText({
        about:
          'Signs upload states and tokens. Without it, one is made and kept in the storage, where replicas find it.',
        secret: true,
      }),
      relativeurls: flag({ about: 'Answer with relative URLs in `Location`.', fallback: false }),
      draintimeout: duration({ about: 'How long requests may go on after the signal to end.', fallback: '29s' }),
      headers: mapOf({
        about: 'Headers that are added to every answer.',
        type: 'a mapping of header names to lists of texts',
        item: list({ about: '', type: 'a list of texts', item: text({ about: '', fallback: '' }), orOne: true }),
        checkKey: (key) => (/^[\w!#$%&'*+.^`|~-]{1,256}$/.test(key) ? undefined : 'the name of a header'),
        variableKey: (rest) => rest.toLowerCase().replaceAll('_', '-'),
      }),
      tls: tlsSetting(),
      debug: debugSetting(),
      http2: section<HttpConfig['http2']>({
        about: 'HTTP/2.',
        keys: {
          disabled: withNote(
            flag({ about: 'Offer HTTP/1.1 only. HTTP/2 is not offered in this version anyway.', fallback: true }),
            'has no effect: HTTP/2, by which large blobs come more slowly, is not offered',
            (value) => value === false,
          ),
        },
      }),
    },
    extras: { h2c: refused('HTTP/2 without TLS is not available in this version; set "enabled: false"') },
    check({ values: { net, addr }, report }) {
      if (net === 'tcp') checkAddress(addr, report);
      if (net === 'unix' && addr?.startsWith('/') === false) {
        report('addr', `expected the absolute path of a socket, found ${JSON.stringify(addr)}`);
      }
    },
  });
}

function tlsSetting(): Setting<TlsConfig | undefined> {
  return optionalSection<TlsConfig>({
    about: 'TLS. Served when there is a certificate.',
    aliases: { minversion: 'minimumtls' },
    // OpenShift's operator passes its cluster-wide TLS profile whether there is a certificate or not.
    present: (map) => ['certificate', 'key', 'clientcas', 'clientauth'].some((key) => hasValue(map, key)),
    keys: {
      certificate: text({
        about: 'File with the certificate and its intermediates, PEM.',
        type: 'a path',
        required: 'the path of a PEM file',
      }),
      key: text({ about: 'File with the private key, PEM.', type: 'a path', required: 'the path of a PEM file' }),
      clientcas: optionalList({
        about: "Files with the authorities of clients' certificates, PEM.",
        type: 'a list of paths',
        item: text({ about: '', type: 'a path', required: 'the path of a PEM file' }),
      }),
      clientauth: choice({
        about: 'What is asked of clients when `clientcas` is given.',
        values: [
          'require-and-verify-client-cert',
          'verify-client-cert-if-given',
          'require-any-client-cert',
          'request-client-cert',
        ],
        fallback: 'require-and-verify-client-cert',
      }),
      minimumtls: choice({
        about: 'Oldest version that is spoken. OpenShift writes `VersionTLS12` and calls the key `minversion`.',
        values: ['tls1.2', 'tls1.3'],
        fallback: 'tls1.2',
        spellings: { VersionTLS12: 'tls1.2', VersionTLS13: 'tls1.3' },
        refused: Object.fromEntries(
          ['tls1.0', 'tls1.1', 'VersionTLS10', 'VersionTLS11'].map((version) => [version, 'older ones are not safe']),
        ),
      }),
      ciphersuites: optionalList({
        about: 'Cipher suites of TLS 1.2 by their IANA names. TLS 1.3 chooses by itself.',
        type: 'a list of cipher suites',
        item: text({ about: '', type: 'a cipher suite', required: 'the name of a suite', check: checkSuite }),
      }),
    },
    extras: { letsencrypt: refused('not available in this version; give a certificate and a key') },
  });
}

function debugSetting(): Setting<DebugConfig | undefined> {
  return optionalSection<DebugConfig>({
    about: 'A second server for operators.',
    keys: {
      addr: text({ about: 'Where it listens.', type: 'an address', required: 'an address such as ":5001"' }),
      prometheus: section<DebugConfig['prometheus']>({
        about: 'Metrics.',
        keys: {
          enabled: flag({ about: 'Serve metrics there.', fallback: false }),
          path: text({
            about: 'Their path.',
            type: 'a path',
            fallback: '/metrics',
            check: (path) => (/^\/[\w./~-]*$/.test(path) ? undefined : 'a path such as /metrics'),
          }),
        },
      }),
    },
    check: ({ values, report }) => checkAddress(values.addr, report),
  });
}

function checkAddress(address: string | undefined, report: (key: string, text: string) => void): void {
  if (address === undefined) return;
  const match = /^(?:\[[\w:.%]*\]|[\w.-]*):(\d{1,5})$/.exec(address);
  if (match && Number(match[1]) <= 65535) return;
  report('addr', `expected "host:port" or ":port", found ${JSON.stringify(address)}`);
}

function checkHost(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain = url && !url.username && !url.password && !/[?#]/.test(value);
  return plain && /^https?:$/.test(url.protocol) ? undefined : 'a URL such as https://registry.example.com:5000';
}

function checkSuite(name: string): string | undefined {
  return cipherSuiteNames.includes(name) ? undefined : `a known cipher suite${didYouMean(name, cipherSuiteNames)}`;
}
