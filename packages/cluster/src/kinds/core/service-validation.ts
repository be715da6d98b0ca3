import { duplicateValue, forbiddenField, invalidValue, requiredValue } from '@longshore/apiserver';
import { isIP } from 'node:net';
import { checkDnsLabel, checkDnsSubdomain, type StatusCause } from '@longshore/kube';
import type { ServicePort, ServiceSpec } from 'kubernetes-types/core/v1.js';
import { checkLabels, checkPortNumber, portNameProblems, problems } from '../checks.js';
import { INVALID_IP } from './endpoints.js';

const MAX_AFFINITY_SECONDS = 86_400;

export function checkServiceSpec(spec: ServiceSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  const { type = 'ClusterIP', clusterIP, ports = [], externalName } = spec;
  const isHeadless = clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && type !== 'ExternalName') causes.push(requiredValue('spec.ports'));
  if (type === 'LoadBalancer' && isHeadless) {
    causes.push(invalidValue('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"));
  }
  if (type === 'NodePort' && isHeadless) {
    causes.push(invalidValue('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"));
  }
  if (type === 'ExternalName') causes.push(...checkExternalName(spec, externalName));
  causes.push(...checkPorts(ports));
  causes.push(...checkLabels(spec.selector, 'spec.selector'));
  causes.push(...checkAffinity(spec), ...checkAddresses(spec));
  if (type === 'ClusterIP') {
    for (const [at, { nodePort }] of ports.entries()) {
      if (nodePort)
        causes.push(forbiddenField(`spec.ports[${at}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
  }
  return causes;
}

function checkExternalName({ clusterIP, clusterIPs = [] }: ServiceSpec, name: string | undefined): StatusCause[] {
  const causes: StatusCause[] = [];
  if (clusterIPs.length > 0 || clusterIP) {
    causes.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'));
  }
  // A rooted name is fine.
  const bare = (name ?? '').replace(/\.$/, '');
  if (bare === '') causes.push(requiredValue('spec.externalName'));
  else causes.push(...problems('spec.externalName', bare, checkDnsSubdomain(bare)));
  return causes;
}

function checkPorts(ports: ServicePort[]): StatusCause[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, at) => {
    const field = `spec.ports[${at}]`;
    const { name, port: number, protocol = 'TCP', targetPort, nodePort } = port;
    const causes: StatusCause[] = [];
    if (!name && ports.length > 1) causes.push(requiredValue(`${field}.name`));
    else if (name) {
      causes.push(...problems(`${field}.name`, name, checkDnsLabel(name)));
      if (names.has(name)) causes.push(duplicateValue(`${field}.name`, name));
      names.add(name);
    }
    causes.push(...checkPortNumber(number, `${field}.port`));
    if (typeof targetPort === 'number') causes.push(...checkPortNumber(targetPort, `${field}.targetPort`));
    else if (targetPort !== undefined)
      causes.push(...problems(`${field}.targetPort`, targetPort, portNameProblems(targetPort)));
    const key = `${protocol}/${number}`;
    if (numbers.has(key)) causes.push(duplicateValue(field, { protocol, port: number }));
    numbers.add(key);
    if (nodePort) {
      const nodeKey = `${protocol}/${nodePort}`;
      if (nodePorts.has(nodeKey)) causes.push(duplicateValue(`${field}.nodePort`, nodePort));
      nodePorts.add(nodeKey);
    }
    return causes;
  });
}

function checkAffinity({ sessionAffinity, sessionAffinityConfig, type }: ServiceSpec): StatusCause[] {
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const path = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'None' && sessionAffinityConfig) {
    return [forbiddenField(path, 'must not be set when session affinity is None')];
  }
  if (sessionAffinity !== 'ClientIP' || type === 'ExternalName') return [];
  if (seconds === undefined) return [requiredValue(path, 'when session affinity type is ClientIP')];
  const isInRange = seconds > 0 && seconds <= MAX_AFFINITY_SECONDS;
  return isInRange
    ? []
    : [
        invalidValue(
          `${path}.clientIP.timeoutSeconds`,
          seconds,
          `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
        ),
      ];
}

function checkAddresses({
  clusterIPs = [],
  clusterIP,
  externalIPs = [],
  type,
  loadBalancerClass,
}: ServiceSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    causes.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  }
  for (const [at, ip] of clusterIPs.entries()) {
    if (at === 0 && ip === 'None') {
      if (clusterIPs.length > 1)
        causes.push(invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value"));
    } else if (isIP(ip) === 0) causes.push(...problems(`spec.clusterIPs[${at}]`, ip, [INVALID_IP]));
  }
  for (const [at, ip] of externalIPs.entries()) {
    if (isIP(ip) === 0) causes.push(...problems(`spec.externalIPs[${at}]`, ip, [INVALID_IP]));
  }
  if (loadBalancerClass && type !== 'LoadBalancer') {
    causes.push(forbiddenField('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  }
  return causes;
}

/** An address is kept for as long as the service has one. */
export function checkServiceUpdate(spec: ServiceSpec, old: ServiceSpec): StatusCause[] {
  const [before, now] = [old.clusterIPs?.[0], spec.clusterIPs?.[0]];
  if (old.type === 'ExternalName' || spec.type === 'ExternalName' || before === undefined || before === now) return [];
  return [invalidValue('spec.clusterIPs[0]', spec.clusterIPs ?? null, 'may not change once set')];
}
