import { invalidValue, requiredValue, s, unsupportedValue } from '@longshore/apiserver';
import { isIP } from 'node:net';
import { checkDns1035Label, checkDnsSubdomain, type KubeObject, type StatusCause } from '@longshore/kube';
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressClassSpec,
  IngressSpec,
  IngressStatus,
} from 'kubernetes-types/networking/v1.js';
import { FIELD_IMMUTABLE, checkPort, problems } from '../checks.js';
import { age, column, formatList } from '../columns.js';
import { typedLocalObjectReference } from '../core/references.js';
import { defineKind } from '../kind.js';

type Ingress = KubeObject & { spec?: IngressSpec; status?: IngressStatus };
type IngressClass = KubeObject & { spec?: IngressClassSpec };

const NETWORKING = 'io.k8s.api.networking.v1';
const WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function validate({ spec = {} }: Ingress): StatusCause[] {
  const causes: StatusCause[] = [];
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  if (rules.length === 0 && !defaultBackend) {
    causes.push(invalidValue('spec', [], 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) causes.push(...checkBackend(defaultBackend, 'spec.defaultBackend'));
  for (const [at, { host, http }] of rules.entries()) {
    if (host) causes.push(...checkHost(host, `spec.rules[${at}].host`));
    for (const [index, path] of (http?.paths ?? []).entries()) {
      causes.push(...checkPath(path, `spec.rules[${at}].http.paths[${index}]`));
    }
  }
  for (const [at, { hosts = [] }] of tls.entries()) {
    for (const [index, host] of hosts.entries()) causes.push(...checkHost(host, `spec.tls[${at}].hosts[${index}]`));
  }
  if (ingressClassName !== undefined) {
    causes.push(...problems('spec.ingressClassName', ingressClassName, checkDnsSubdomain(ingressClassName)));
  }
  return causes;
}

function checkHost(host: string, field: string): StatusCause[] {
  if (isIP(host) !== 0) return [invalidValue(field, host, 'must be a DNS name, not an IP address')];
  if (!host.includes('*')) return problems(field, host, checkDnsSubdomain(host));
  const isWildcard = host.startsWith('*.') && checkDnsSubdomain(host.slice(2)).length === 0;
  return isWildcard ? [] : [invalidValue(field, host, WILDCARD)];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_ENDS = ['/..', '/.'];

function checkPath({ path = '', pathType, backend }: HTTPIngressPath, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (pathType === undefined) causes.push(requiredValue(`${field}.pathType`, 'pathType must be specified'));
  else if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) causes.push(invalidValue(`${field}.path`, path, 'must be an absolute path'));
    for (const sequence of BAD_SEQUENCES.filter((one) => path.includes(one))) {
      causes.push(invalidValue(`${field}.path`, path, `must not contain '${sequence}'`));
    }
    for (const end of BAD_ENDS.filter((one) => path.endsWith(one))) {
      causes.push(invalidValue(`${field}.path`, path, `cannot end with '${end}'`));
    }
  } else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/'))
      causes.push(invalidValue(`${field}.path`, path, 'must be an absolute path'));
  } else {
    causes.push(unsupportedValue(`${field}.pathType`, pathType, PATH_TYPES));
  }
  return [...causes, ...(backend ? checkBackend(backend, `${field}.backend`) : [requiredValue(`${field}.backend`)])];
}

function checkBackend({ service, resource }: IngressBackend, field: string): StatusCause[] {
  if (service && resource) {
    return [invalidValue(field, '', 'cannot set both resource and service backends')];
  }
  if (resource) return [];
  if (!service) return [requiredValue(field, 'resource or service backend is required')];
  const causes: StatusCause[] = [];
  const { name, port = {} } = service;
  if (!name) causes.push(requiredValue(`${field}.service.name`));
  else causes.push(...problems(`${field}.service.name`, name, checkDns1035Label(name)));
  const path = `${field}.service.port`;
  if (port.name && port.number) causes.push(invalidValue(path, '', 'cannot set both port name & port number'));
  else if (port.name) causes.push(...checkPort(port.name, `${path}.name`));
  else if (port.number) causes.push(...checkPort(port.number, `${path}.number`));
  else causes.push(requiredValue(path, 'port name or number is required'));
  return causes;
}

const backend = s.shared(`${NETWORKING}.IngressBackend`, 'Where requests go.', {
  resource: typedLocalObjectReference.describe('An object, instead of a service.'),
  service: s.shared(`${NETWORKING}.IngressServiceBackend`, 'A service.', {
    name: s.string('Its name.'),
    port: s.shared(
      `${NETWORKING}.ServiceBackendPort`,
      'One of its ports.',
      { name: s.string('By name.'), number: s.int32('By number.') },
      { 'x-kubernetes-map-type': 'atomic' },
    ),
  }),
});

export const ingresses = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  description: 'How requests from outside reach services.',
  fields: {
    spec: s.shared(`${NETWORKING}.IngressSpec`, 'Which requests go where.', {
      defaultBackend: backend.describe('Where all others go.'),
      ingressClassName: s.string('Who serves it.'),
      rules: s
        .listOf(
          s.shared(`${NETWORKING}.IngressRule`, 'Requests to a host.', {
            host: s.string('The host; default: all.'),
            http: s.shared(`${NETWORKING}.HTTPIngressRuleValue`, 'Paths of the host.', {
              paths: s
                .listOf(
                  s.shared(`${NETWORKING}.HTTPIngressPath`, 'A path.', {
                    backend: backend.describe('Where requests go.'),
                    path: s.string('The path.'),
                    pathType: s.string('Exact, Prefix or ImplementationSpecific.'),
                  }),
                  'The paths.',
                )
                .atomic()
                .required(),
            }),
          }),
          'The rules.',
        )
        .atomic(),
      tls: s
        .listOf(
          s.shared(`${NETWORKING}.IngressTLS`, 'A certificate.', {
            hosts: s.strings('The hosts.').atomic(),
            secretName: s.string('The secret with the certificate.'),
          }),
          'Certificates.',
        )
        .atomic(),
    }),
    status: s.shared(`${NETWORKING}.IngressStatus`, 'How it is.', {
      loadBalancer: s.shared(`${NETWORKING}.IngressLoadBalancerStatus`, 'The load balancer.', {
        ingress: s
          .listOf(
            s.shared(`${NETWORKING}.IngressLoadBalancerIngress`, 'Where it takes requests.', {
              hostname: s.string('Name.'),
              ip: s.string('Address.'),
              ports: s
                .listOf(
                  s.shared(`${NETWORKING}.IngressPortStatus`, 'A port.', {
                    error: s.string('What is wrong with it.'),
                    port: s.int32('Its number.'),
                    protocol: s.string('TCP, UDP or SCTP.'),
                  }),
                  'Its ports.',
                )
                .atomic(),
            }),
            'Where it takes requests.',
          )
          .atomic(),
      }),
    }),
  },
  columns: [
    column(
      'Class',
      ({ metadata, spec }) =>
        spec?.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'] ?? '<none>',
    ),
    column('Hosts', ({ spec }) => {
      const hosts = (spec?.rules ?? []).map(({ host }) => host ?? '').filter(Boolean);
      return hosts.length === 0 ? '*' : formatList(hosts, 3);
    }),
    column('Address', ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname).join(','),
    ),
    column('Ports', ({ spec }) => (spec?.tls?.length ? '80, 443' : '80')),
    age,
  ],
  stored: {
    prepareForCreate: (ingress) => {
      ingress.status = { loadBalancer: {} };
    },
    validate,
  },
});

export const ingressClasses = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'Cluster',
  description: 'Who serves ingresses.',
  fields: {
    spec: s.shared(`${NETWORKING}.IngressClassSpec`, 'Who serves ingresses.', {
      controller: s.string('The controller: example.com/ingress.'),
      parameters: s.shared(`${NETWORKING}.IngressClassParametersReference`, 'Its settings.', {
        apiGroup: s.string('API group of the object.'),
        kind: s.string('Kind of the object.').required(),
        name: s.string('Name of the object.').required(),
        namespace: s.string('Namespace of the object.'),
        scope: s.string('Cluster or Namespace.'),
      }),
    }),
  },
  columns: [
    column('Controller', ({ spec }) => spec?.controller ?? ''),
    column('Parameters', ({ spec }) => {
      const { parameters } = spec ?? {};
      if (parameters === undefined) return '<none>';
      return `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ''}/${parameters.name}`;
    }),
    age,
  ],
  stored: {
    setDefaults: ({ spec }) => {
      if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
    },
    validateUpdate: ({ spec }, old) =>
      spec?.controller === old.spec?.controller
        ? []
        : [invalidValue('spec.controller', spec?.controller ?? '', FIELD_IMMUTABLE)],
  },
});
