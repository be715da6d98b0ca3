import { requiredValue, s } from '@longshore/apiserver';
import { isIP } from 'node:net';
import { checkDnsLabel, type KubeObject, type StatusCause } from '@longshore/kube';
import type { Endpoints as Fields, EndpointSubset } from 'kubernetes-types/core/v1.js';
import { checkPortNumber, problems } from '../checks.js';
import { age, column, formatList } from '../columns.js';
import { defineKind } from '../kind.js';
import { objectReference } from './references.js';

type Endpoints = KubeObject & Pick<Fields, 'subsets'>;

const CORE = 'io.k8s.api.core.v1';

const address = s.shared(
  `${CORE}.EndpointAddress`,
  'Where a pod can be reached.',
  {
    hostname: s.string('Host name under the service.'),
    ip: s.string('The address.').required(),
    nodeName: s.string('The node.'),
    targetRef: objectReference.describe('The pod.'),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

const port = s.shared(
  `${CORE}.EndpointPort`,
  'A port.',
  {
    appProtocol: s.string('What is spoken.'),
    name: s.string('Its name.'),
    port: s.int32('Its number.').required(),
    protocol: s.string('TCP (default), UDP or SCTP.').default('TCP').values('SCTP', 'TCP', 'UDP'),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

export const INVALID_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function checkSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
  path: string,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    causes.push(requiredValue(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [name, list] of [
    ['addresses', addresses],
    ['notReadyAddresses', notReadyAddresses],
  ] as const) {
    for (const [at, { ip }] of list.entries()) {
      if (isIP(ip) === 0) causes.push(...problems(`${path}.${name}[${at}].ip`, ip, [INVALID_IP]));
    }
  }
  for (const [at, { name, port: number }] of ports.entries()) {
    const field = `${path}.ports[${at}]`;
    if (!name && ports.length > 1) causes.push(requiredValue(`${field}.name`));
    else if (name) causes.push(...problems(`${field}.name`, name, checkDnsLabel(name)));
    causes.push(...checkPortNumber(number, `${field}.port`));
  }
  return causes;
}

function shown({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port: number }) =>
          addresses.map(({ ip }) => (isIP(ip) === 6 ? `[${ip}]:${number}` : `${ip}:${number}`)),
        ),
  );
  return formatList(all, 3);
}

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  description: 'Where the pods of a service can be reached.',
  fields: {
    subsets: s
      .listOf(
        s.shared(`${CORE}.EndpointSubset`, 'Addresses that have the same ports.', {
          addresses: s.listOf(address, 'Addresses that are ready.').atomic(),
          notReadyAddresses: s.listOf(address, 'Addresses that are not.').atomic(),
          ports: s.listOf(port, 'The ports.').atomic(),
        }),
        'The addresses.',
      )
      .atomic(),
  },
  columns: [column('Endpoints', shown), age],
  stored: {
    createOnUpdate: true,
    validate: ({ subsets = [] }) => subsets.flatMap((subset, at) => checkSubset(subset, `subsets[${at}]`)),
  },
});
