import { invalidValue, requiredValue, s, unsupportedValue } from '@longshore/apiserver';
import { isIP } from 'node:net';
import { checkDnsSubdomain, type KubeObject, type StatusCause } from '@longshore/kube';
import type { EndpointSlice as Fields } from 'kubernetes-types/discovery/v1.js';
import { checkImmutable, problems } from './checks.js';
import { age, column, formatList } from './columns.js';
import { objectReference } from './core/references.js';
import { defineKind } from './kind.js';

type EndpointSlice = KubeObject & Omit<Fields, 'apiVersion' | 'kind' | 'metadata'>;

const DISCOVERY = 'io.k8s.api.discovery.v1';
const FAMILIES: Record<string, number> = { IPv4: 4, IPv6: 6 };

function validate({ addressType, endpoints }: EndpointSlice): StatusCause[] {
  const types = ['FQDN', 'IPv4', 'IPv6'];
  if (!types.includes(addressType)) {
    return [addressType ? unsupportedValue('addressType', addressType, types) : requiredValue('addressType')];
  }
  return (endpoints ?? []).flatMap(({ addresses = [] }, at) => {
    const field = `endpoints[${at}].addresses`;
    if (addresses.length === 0) return [requiredValue(field, 'must contain at least 1 address')];
    return addresses.flatMap((address, index) => {
      if (addressType === 'FQDN') return problems(`${field}[${index}]`, address, checkDnsSubdomain(address));
      const isRight = isIP(address) === FAMILIES[addressType];
      return isRight ? [] : [invalidValue(`${field}[${index}]`, address, `must be an ${addressType} address`)];
    });
  });
}

export const endpointSlices = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  description: 'Some of the places where the pods of a service can be reached.',
  fields: {
    addressType: s.string('IPv4, IPv6 or FQDN.'),
    endpoints: s
      .listOf(
        s.shared(`${DISCOVERY}.Endpoint`, 'A place.', {
          addresses: s.strings('Its addresses.').with({ 'x-kubernetes-list-type': 'set' }),
          conditions: s.shared(`${DISCOVERY}.EndpointConditions`, 'How it is.', {
            ready: s.boolean('Whether it is ready.'),
            serving: s.boolean('Whether it answers.'),
            terminating: s.boolean('Whether it is ending.'),
          }),
          deprecatedTopology: s.stringMap('No longer used.'),
          hints: s.shared(`${DISCOVERY}.EndpointHints`, 'For whom it is best.', {
            forZones: s
              .listOf(s.shared(`${DISCOVERY}.ForZone`, 'A zone.', { name: s.string('Its name.').required() }), 'Zones.')
              .atomic(),
          }),
          hostname: s.string('Host name under the service.'),
          nodeName: s.string('The node.'),
          targetRef: objectReference.describe('The pod.'),
          zone: s.string('The zone.'),
        }),
        'The places.',
      )
      .atomic(),
    ports: s
      .listOf(
        s.shared(
          `${DISCOVERY}.EndpointPort`,
          'A port.',
          {
            appProtocol: s.string('What is spoken.'),
            name: s.string('Its name.').default(''),
            port: s.int32('Its number.'),
            protocol: s.string('TCP (default), UDP or SCTP.').default('TCP').values('SCTP', 'TCP', 'UDP'),
          },
          { 'x-kubernetes-map-type': 'atomic' },
        ),
        'The ports.',
      )
      .atomic(),
  },
  columns: [
    column('AddressType', ({ addressType }) => addressType),
    column('Ports', ({ ports }) => {
      const shown = (ports ?? []).map(({ port }) => String(port ?? '*'));
      return shown.length === 0 ? '<unset>' : formatList(shown, 3);
    }),
    column('Endpoints', ({ endpoints }) => {
      const all = (endpoints ?? []).flatMap(({ addresses = [] }) => addresses);
      return all.length === 0 ? '<unset>' : formatList(all, 3);
    }),
    age,
  ],
  stored: {
    generation: true,
    validate,
    validateUpdate: ({ addressType }, old) => checkImmutable(addressType, old.addressType, 'addressType'),
  },
});
