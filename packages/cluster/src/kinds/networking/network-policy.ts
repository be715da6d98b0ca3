import { forbiddenField, invalidValue, requiredValue, s } from '@longshore/apiserver';
import { isIP } from 'node:net';
import {
  checkLabelSelector,
  LabelSelector,
  type KubeObject,
  type LabelSelectorObject,
  type StatusCause,
} from '@longshore/kube';
import type {
  IPBlock,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from 'kubernetes-types/networking/v1.js';
import { checkPort } from '../checks.js';
import { age, column } from '../columns.js';
import { defineKind } from '../kind.js';
import { labelSelector } from '../meta.js';

type NetworkPolicy = KubeObject & { spec: NetworkPolicySpec };

const NETWORKING = 'io.k8s.api.networking.v1';
const INVALID_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** A policy that says no types is about what comes in, and about what goes out when it has rules for that. */
function setDefaults({ spec }: NetworkPolicy): void {
  if (spec && (spec.policyTypes ?? []).length === 0) {
    spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  }
}

function validate({ spec = { podSelector: {} } }: NetworkPolicy): StatusCause[] {
  const causes = checkLabelSelector(spec.podSelector ?? {}, 'spec.podSelector');
  for (const [at, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
    causes.push(...checkRule(ports, from, `spec.ingress[${at}]`, 'from'));
  }
  for (const [at, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
    causes.push(...checkRule(ports, to, `spec.egress[${at}]`, 'to'));
  }
  const { policyTypes = [] } = spec;
  if (policyTypes.length > 2) {
    causes.push(invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes'));
  }
  return causes;
}

function checkRule(
  ports: NetworkPolicyPort[],
  peers: NetworkPolicyPeer[],
  path: string,
  side: 'from' | 'to',
): StatusCause[] {
  return [
    ...ports.flatMap((port, at) => checkRulePort(port, `${path}.ports[${at}]`)),
    ...peers.flatMap((peer, at) => checkPeer(peer, `${path}.${side}[${at}]`)),
  ];
}

function checkRulePort({ port, endPort }: NetworkPolicyPort, path: string): StatusCause[] {
  const causes = port === undefined ? [] : checkPort(port, `${path}.port`);
  if (endPort === undefined) return causes;
  if (port === undefined) causes.push(requiredValue(`${path}.port`, 'must be specified when `endPort` is specified'));
  else if (typeof port === 'string') {
    causes.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
  } else if (endPort < port) {
    causes.push(invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
  }
  return causes;
}

function checkPeer(peer: NetworkPolicyPeer, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const name of ['podSelector', 'namespaceSelector'] as const) {
    const selector = peer[name];
    if (selector) causes.push(...checkLabelSelector(selector, `${path}.${name}`));
  }
  const hasSelector = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
  if (peer.ipBlock) causes.push(...checkBlock(peer.ipBlock, `${path}.ipBlock`));
  if (!hasSelector && !peer.ipBlock) causes.push(requiredValue(path, 'must specify a peer'));
  if (hasSelector && peer.ipBlock) {
    causes.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  }
  return causes;
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const version = isIP(address);
  return version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

function checkBlock({ cidr, except = [] }: IPBlock, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!cidr) return [];
  if (!isCidr(cidr)) causes.push(invalidValue(`${path}.cidr`, cidr, INVALID_CIDR));
  for (const [at, range] of except.entries()) {
    if (!isCidr(range)) causes.push(invalidValue(`${path}.except[${at}]`, range, INVALID_CIDR));
  }
  return causes;
}

const peer = s.shared(`${NETWORKING}.NetworkPolicyPeer`, 'Who is at the other side.', {
  ipBlock: s.shared(`${NETWORKING}.IPBlock`, 'Addresses.', {
    cidr: s.string('The addresses.').required(),
    except: s.strings('Addresses among them that are not meant.').atomic(),
  }),
  namespaceSelector: labelSelector.describe('Pods of these namespaces.'),
  podSelector: labelSelector.describe('These pods.'),
});

const rulePorts = s
  .listOf(
    s.shared(`${NETWORKING}.NetworkPolicyPort`, 'A port.', {
      endPort: s.int32('The last of several.'),
      port: s.intOrString('The port, by number or name; default: all.'),
      protocol: s.string('TCP (default), UDP or SCTP.').default('TCP').values('SCTP', 'TCP', 'UDP'),
    }),
    'Which ports; default: all.',
  )
  .atomic();

export const networkPolicies = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  description: 'Who may reach pods, and whom they may reach.',
  fields: {
    spec: s.shared(`${NETWORKING}.NetworkPolicySpec`, 'Which pods, and what is allowed.', {
      egress: s
        .listOf(
          s.shared(`${NETWORKING}.NetworkPolicyEgressRule`, 'What may go out.', {
            ports: rulePorts,
            to: s.listOf(peer, 'To whom; default: all.').atomic(),
          }),
          'What may go out.',
        )
        .atomic(),
      ingress: s
        .listOf(
          s.shared(`${NETWORKING}.NetworkPolicyIngressRule`, 'What may come in.', {
            from: s.listOf(peer, 'From whom; default: all.').atomic(),
            ports: rulePorts,
          }),
          'What may come in.',
        )
        .atomic(),
      podSelector: labelSelector.describe('The pods.').default({}),
      policyTypes: s.listOf(s.string('').values('Egress', 'Ingress'), 'Ingress, Egress.').atomic(),
    }),
  },
  columns: [
    column(
      'Pod-Selector',
      ({ spec }) => LabelSelector.fromObject((spec?.podSelector ?? {}) as LabelSelectorObject).toString() || '<none>',
    ),
    age,
  ],
  stored: { setDefaults, validate },
});
