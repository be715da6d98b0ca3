/** The kinds of `monitoring.coreos.com/v1` by which the registry and its operator are watched (operator.md 4.6). */
import { s, type ResourceDefinition } from '@longshore/apiserver';
import { defineKind } from '../kind.js';
import { labelSelector } from '../meta.js';

const DURATION = '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$';
const duration = (description: string) => s.string(description).with({ pattern: DURATION });

const secretKey = (description: string) =>
  s.object(description, {
    key: s.string('The key.').required(),
    name: s.string('The object.').default(''),
    optional: s.boolean('Whether it may be missing.'),
  });

const relabeling = s.object('A change of labels.', {
  action: s.string('What is done.').default('replace'),
  modulus: s.int64('Modulus of hashes.'),
  regex: s.string('What values must match.'),
  replacement: s.string('What they become.'),
  separator: s.string('What stands between source labels.'),
  sourceLabels: s.strings('Labels that are looked at.'),
  targetLabel: s.string('The label that is set.'),
});

const endpoint = s.object('Where metrics are.', {
  authorization: s.object('Credentials.', { credentials: secretKey('A secret.'), type: s.string('The scheme.') }),
  basicAuth: s.object('Name and password.', { password: secretKey('Password.'), username: secretKey('Name.') }),
  bearerTokenFile: s.string('File with a token.'),
  bearerTokenSecret: secretKey('Secret with a token.'),
  enableHttp2: s.boolean('Whether HTTP/2 is spoken.'),
  filterRunning: s.boolean('Whether only running pods count.'),
  followRedirects: s.boolean('Whether redirects are followed.'),
  honorLabels: s.boolean('Whether labels of the metrics win.'),
  honorTimestamps: s.boolean('Whether times of the metrics are kept.'),
  interval: duration('How often they are read.'),
  metricRelabelings: s.listOf(relabeling, 'Changes of labels of metrics.'),
  params: s.mapOf(s.strings(''), 'Parameters of the request.'),
  path: s.string('The path.'),
  port: s.string('Name of the port of the service.'),
  proxyUrl: s.string('The proxy.'),
  relabelings: s.listOf(relabeling, 'Changes of labels of targets.'),
  scheme: s.string('http or https.').values('http', 'https'),
  scrapeTimeout: duration('How long an answer may take.'),
  targetPort: s.intOrString('Port of the pods.'),
  tlsConfig: s.object('How TLS is spoken.', {
    ca: s.object('Whom to trust.', { configMap: secretKey('A config map.'), secret: secretKey('A secret.') }),
    caFile: s.string('File with certificates to trust.'),
    cert: s.object('The certificate.', { configMap: secretKey('A config map.'), secret: secretKey('A secret.') }),
    certFile: s.string('File with the certificate.'),
    insecureSkipVerify: s.boolean('Whether certificates are not checked.'),
    keyFile: s.string('File with the key.'),
    keySecret: secretKey('Secret with the key.'),
    serverName: s.string('The name that the certificate must have.'),
  }),
});

const serviceMonitors = defineKind({
  group: 'monitoring.coreos.com',
  version: 'v1',
  kind: 'ServiceMonitor',
  plural: 'servicemonitors',
  custom: true,
  shortNames: ['smon'],
  categories: ['prometheus-operator'],
  description: 'Where the metrics of a service are read.',
  fields: {
    spec: s
      .object('Which services, and how.', {
        attachMetadata: s.object('What is added.', { node: s.boolean('Labels of the node.') }),
        endpoints: s.listOf(endpoint, 'Where metrics are.').required(),
        jobLabel: s.string('Label of the service that names the job.'),
        labelLimit: s.int64('How many labels there may be.'),
        namespaceSelector: s.object('In which namespaces.', {
          any: s.boolean('In all.'),
          matchNames: s.strings('In these.'),
        }),
        podTargetLabels: s.strings('Labels of pods that are kept.'),
        sampleLimit: s.int64('How many samples there may be.'),
        selector: labelSelector.describe('Which services.').required(),
        targetLabels: s.strings('Labels of services that are kept.'),
        targetLimit: s.int64('How many targets there may be.'),
      })
      .required(),
  },
});

const prometheusRules = defineKind({
  group: 'monitoring.coreos.com',
  version: 'v1',
  kind: 'PrometheusRule',
  plural: 'prometheusrules',
  custom: true,
  shortNames: ['promrule'],
  categories: ['prometheus-operator'],
  description: 'What is worked out from metrics, and when to alert.',
  fields: {
    spec: s
      .object('The rules.', {
        groups: s
          .listOf(
            s.object('Rules that belong together.', {
              interval: duration('How often they are evaluated.'),
              labels: s.stringMap('Labels of what they make.'),
              limit: s.int64('How many alerts or series there may be.'),
              name: s.string('Its name.').with({ minLength: 1 }).required(),
              partial_response_strategy: s.string('abort or warn.'),
              query_offset: duration('How far back it looks.'),
              rules: s.listOf(
                s.object('A rule.', {
                  alert: s.string('Name of the alert.'),
                  annotations: s.stringMap('Texts of the alert.'),
                  expr: s.intOrString('The expression.').required(),
                  for: duration('How long it must hold.'),
                  keep_firing_for: duration('How long it stays.'),
                  labels: s.stringMap('Labels of the alert or series.'),
                  record: s.string('Name of the series.'),
                }),
                'The rules.',
              ),
            }),
            'The groups.',
          )
          .with({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
      })
      .required(),
  },
});

export const monitoringKinds: ResourceDefinition[] = [serviceMonitors, prometheusRules];
