import { s, type ResourceDefinition, type WriteContext } from '@longshore/apiserver';
import { isIP } from 'node:net';
import { checkDns1035Label, type KubeObject } from '@longshore/kube';
import type { ServiceSpec, ServiceStatus } from 'kubernetes-types/core/v1.js';
import { problems } from '../checks.js';
import { age, column, formatList, orNone, wide } from '../columns.js';
import type { KindHooks } from '../hooks.js';
import { defineKind } from '../kind.js';
import { condition } from '../meta.js';
import { allocateNumbers, needsNodePorts, releaseNumbers } from './service-numbers.js';
import { checkServiceSpec, checkServiceUpdate } from './service-validation.js';

export type Service = KubeObject & { spec: ServiceSpec; status?: ServiceStatus };

const CORE = 'io.k8s.api.core.v1';

const servicePort = s.shared(`${CORE}.ServicePort`, 'A port of a service.', {
  appProtocol: s.string('What is spoken.'),
  name: s.string('Its name; needed when there are several.'),
  nodePort: s.int32('The port of each node.'),
  port: s.int32('The port of the service.'),
  protocol: s.string('TCP (default), UDP or SCTP.').default('TCP').values('SCTP', 'TCP', 'UDP'),
  targetPort: s.intOrString('The port of the pods, by number or name; default: the same.'),
});

const spec = s.shared(`${CORE}.ServiceSpec`, 'Which pods, and how they are reached.', {
  allocateLoadBalancerNodePorts: s.boolean('Whether load balancers get ports of the nodes.'),
  clusterIP: s.string('Address of the service, or None.'),
  clusterIPs: s.strings('Addresses of the service.').atomic(),
  externalIPs: s.strings('Further addresses of nodes.').atomic(),
  externalName: s.string('Name that DNS answers with, for type ExternalName.'),
  externalTrafficPolicy: s.string('Cluster or Local: where traffic from outside goes.').values('Cluster', 'Local'),
  healthCheckNodePort: s.int32('Port of the node for the checks of load balancers.'),
  internalTrafficPolicy: s.string('Cluster or Local: where traffic from inside goes.').values('Cluster', 'Local'),
  ipFamilies: s.strings('IPv4, IPv6.').atomic(),
  ipFamilyPolicy: s
    .string('SingleStack, PreferDualStack or RequireDualStack.')
    .values('PreferDualStack', 'RequireDualStack', 'SingleStack'),
  loadBalancerClass: s.string('Who makes the load balancer.'),
  loadBalancerIP: s.string('No longer used.'),
  loadBalancerSourceRanges: s.strings('From where the load balancer takes traffic.').atomic(),
  ports: s.listOf(servicePort, 'Its ports.').mergeBy('port', 'protocol'),
  publishNotReadyAddresses: s.boolean('Whether pods that are not ready count.'),
  selector: s.stringMap('Labels of the pods.').atomic(),
  sessionAffinity: s.string('None (default) or ClientIP.').default('None').values('ClientIP', 'None'),
  sessionAffinityConfig: s.shared(`${CORE}.SessionAffinityConfig`, 'Settings of the affinity.', {
    clientIP: s.shared(`${CORE}.ClientIPConfig`, 'Affinity by address.', {
      timeoutSeconds: s.int32('How long it holds.'),
    }),
  }),
  trafficDistribution: s.string('PreferClose: near pods first.'),
  type: s
    .string('ClusterIP (default), NodePort, LoadBalancer or ExternalName.')
    .default('ClusterIP')
    .values('ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'),
});

const status = s.shared(`${CORE}.ServiceStatus`, 'How it is.', {
  conditions: s.listOf(condition, 'Its conditions.').mergeBy('type'),
  loadBalancer: s.shared(`${CORE}.LoadBalancerStatus`, 'The load balancer.', {
    ingress: s
      .listOf(
        s.shared(`${CORE}.LoadBalancerIngress`, 'Where it takes traffic.', {
          hostname: s.string('Name.'),
          ip: s.string('Address.'),
          ipMode: s.string('VIP or Proxy.'),
          ports: s
            .listOf(
              s.shared(`${CORE}.PortStatus`, 'A port.', {
                error: s.string('What is wrong with it.'),
                port: s.int32('Its number.'),
                protocol: s.string('TCP, UDP or SCTP.'),
              }),
              'Its ports.',
            )
            .atomic(),
        }),
        'Where it takes traffic.',
      )
      .atomic(),
  }),
});

function setDefaults({ spec: now }: Service): void {
  if (!now) return;
  for (const port of now.ports ?? []) port.targetPort ??= port.port;
  if (now.sessionAffinity === 'None') delete now.sessionAffinityConfig;
  else if (now.sessionAffinity === 'ClientIP') {
    now.sessionAffinityConfig ??= {};
    now.sessionAffinityConfig.clientIP ??= {};
    now.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  if (now.type === 'NodePort' || now.type === 'LoadBalancer') now.externalTrafficPolicy ??= 'Cluster';
  if (now.type === 'LoadBalancer') now.allocateLoadBalancerNodePorts ??= true;
  if (now.type !== 'ExternalName') now.internalTrafficPolicy ??= 'Cluster';
  if (now.clusterIP && now.clusterIPs === undefined) now.clusterIPs = [now.clusterIP];
  if (!now.clusterIP && now.clusterIPs?.[0] !== undefined) now.clusterIP = now.clusterIPs[0];
}

function setFamilies({ spec: now }: Service): void {
  if (now.type === 'ExternalName') return;
  now.ipFamilyPolicy ??= 'SingleStack';
  now.ipFamilies ??= [isIP(now.clusterIP ?? '') === 6 ? 'IPv6' : 'IPv4'];
}

/** Keeps what the old service had and the new one leaves out, as clients do that send back only what they know. */
function inherit(service: Service, old: Service): void {
  const [now, before] = [service.spec, old.spec];
  if (now.type !== 'ExternalName' && before.type !== 'ExternalName') {
    if (!now.clusterIP) now.clusterIP = before.clusterIP;
    now.clusterIPs ??= before.clusterIPs;
    now.ipFamilies ??= before.ipFamilies;
    now.ipFamilyPolicy ??= before.ipFamilyPolicy;
  }
  if (!needsNodePorts(now) || !needsNodePorts(before)) return;
  for (const port of now.ports ?? []) {
    const same = before.ports?.find((one) => one.port === port.port && one.protocol === port.protocol);
    port.nodePort ||= same?.nodePort;
  }
}

/** What is wrong is left to validation, before numbers are taken. */
async function prepareForCreate(service: Service, hooks: KindHooks, { dryRun, objects }: WriteContext): Promise<void> {
  service.status = { loadBalancer: {} };
  if (!service.spec) return;
  const { namespace = '', name = '' } = service.metadata;
  const isTaken = (await objects.get('services', namespace, name)) !== undefined;
  if (checkServiceSpec(service.spec).length === 0 && !isTaken) {
    allocateNumbers(service, hooks);
    if (dryRun) releaseNumbers(service, undefined, hooks);
  }
  setFamilies(service);
}

function prepareForUpdate(service: Service, old: Service, hooks: KindHooks, { dryRun }: WriteContext): void {
  if (!service.spec) return;
  inherit(service, old);
  const causes = [...checkServiceSpec(service.spec), ...checkServiceUpdate(service.spec, old.spec)];
  if (causes.length === 0 && !dryRun) allocateNumbers(service, hooks, old);
  setFamilies(service);
}

export function services(hooks: KindHooks): ResourceDefinition {
  return defineKind<Service>({
    group: '',
    version: 'v1',
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    description: 'Pods under one name and address.',
    fields: {
      spec: spec.describe('Which pods, and how they are reached.').required(),
      status: status.describe('How it is.'),
    },
    columns: [
      column('Type', ({ spec: now }) => now.type ?? ''),
      column('Cluster-IP', ({ spec: now }) => now.clusterIPs?.[0] ?? now.clusterIP ?? '<none>'),
      column('External-IP', externalAddress),
      column('Port(s)', ({ spec: now }) => portsText(now)),
      age,
      wide('Selector', ({ spec: now }) =>
        orNone(
          Object.entries(now.selector ?? {})
            .map(([key, value]) => `${key}=${value}`)
            .sort()
            .join(','),
        ),
      ),
    ],
    selectableFields: {
      'spec.clusterIP': ({ spec: now }) => now.clusterIP ?? '',
      'spec.type': ({ spec: now }) => now.type ?? '',
    },
    stored: {
      generation: false,
      createOnUpdate: true,
      returnDeletedObject: true,
      setDefaults,
      prepareForCreate: (service, context) => prepareForCreate(service, hooks, context),
      prepareForUpdate: (service, old, context) => prepareForUpdate(service, old, hooks, context),
      validate: ({ metadata, spec: now }) => [
        ...problems('metadata.name', metadata.name ?? '', checkDns1035Label(metadata.name ?? '')),
        ...checkServiceSpec(now),
      ],
      validateUpdate: ({ spec: now }, old) => checkServiceUpdate(now, old.spec),
      afterWrite: (service, old) => {
        if (service !== undefined) hooks.keepService?.(service);
        if (old !== undefined) releaseNumbers(old, service, hooks);
      },
    },
  });
}

function externalAddress({ spec: now, status: state }: Service): string {
  const ips = now.externalIPs ?? [];
  if (now.type === 'ExternalName') return now.externalName ?? '';
  if (now.type !== 'LoadBalancer') return ips.length > 0 ? ips.join(',') : '<none>';
  const ingress = (state?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(Boolean);
  const all = [...ingress, ...ips];
  return all.length > 0 ? all.join(',') : '<pending>';
}

function portsText({ ports = [] }: ServiceSpec): string {
  return formatList(
    ports.map(({ port, nodePort, protocol = 'TCP' }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    ),
  );
}
