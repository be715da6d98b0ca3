import { forbiddenField, invalidValue, requiredValue, unsupportedValue } from '@longshore/apiserver';
import { checkDnsLabel, checkDnsSubdomain, type StatusCause } from '@longshore/kube';
import { checkPort, problems } from '../checks.js';

export interface RouteTarget {
  kind?: string;
  name?: string;
  weight?: number;
}

export interface RouteTls {
  termination?: string;
  certificate?: string;
  key?: string;
  caCertificate?: string;
  destinationCACertificate?: string;
  insecureEdgeTerminationPolicy?: string;
  externalCertificate?: { name?: string };
}

export interface RouteSpec {
  host?: string;
  subdomain?: string;
  path?: string;
  to: RouteTarget;
  alternateBackends?: RouteTarget[];
  port?: { targetPort?: number | string };
  tls?: RouteTls;
  wildcardPolicy?: string;
}

const MAX_BACKENDS = 3;
const MAX_WEIGHT = 256;

/** As the route API of OpenShift checks (route.openshift.io, `ValidateRoute`). */
export function checkRoute(spec: RouteSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  const { host, path, to, alternateBackends = [], port, tls, wildcardPolicy } = spec;
  if (host) causes.push(...checkHost(host));
  if (spec.subdomain) causes.push(...problems('spec.subdomain', spec.subdomain, checkDnsSubdomain(spec.subdomain)));
  if (path && !path.startsWith('/')) causes.push(invalidValue('spec.path', path, 'path must begin with /'));
  if (path && tls?.termination === 'passthrough') {
    causes.push(invalidValue('spec.path', path, 'passthrough termination does not support paths'));
  }
  causes.push(...checkTarget(to ?? {}, 'spec.to'));
  if (alternateBackends.length > MAX_BACKENDS) {
    causes.push(requiredValue('spec.alternateBackends', `cannot specify more than ${MAX_BACKENDS} alternate backends`));
  }
  for (const [at, target] of alternateBackends.entries())
    causes.push(...checkTarget(target, `spec.alternateBackends[${at}]`));
  if (port) {
    const { targetPort } = port;
    if (targetPort === undefined || targetPort === 0 || targetPort === '')
      causes.push(requiredValue('spec.port.targetPort'));
    else causes.push(...checkPort(targetPort, 'spec.port.targetPort'));
  }
  if (tls) causes.push(...checkTls(tls));
  if (wildcardPolicy === 'Subdomain' && !host) {
    causes.push(invalidValue('spec.wildcardPolicy', wildcardPolicy, 'host name not specified for wildcard policy'));
  }
  return causes;
}

function checkHost(host: string): StatusCause[] {
  const causes = problems('spec.host', host, checkDnsSubdomain(host));
  if (causes.length > 0) return causes;
  return host.split('.').flatMap((label) => problems('spec.host', host, checkDnsLabel(label)));
}

function checkTarget({ kind, name, weight }: RouteTarget, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (kind !== 'Service') causes.push(invalidValue(`${field}.kind`, kind ?? '', 'must reference a Service'));
  if (!name) causes.push(requiredValue(`${field}.name`));
  if (weight !== undefined && (weight < 0 || weight > MAX_WEIGHT)) {
    causes.push(invalidValue(`${field}.weight`, weight, `weight must be an integer between 0 and ${MAX_WEIGHT}`));
  }
  return causes;
}

/** Secrets are never told, not even to who wrote them. */
const REDACTED = {
  certificate: 'redacted certificate data',
  key: 'redacted key data',
  caCertificate: 'redacted ca certificate data',
  destinationCACertificate: 'redacted destination ca certificate data',
} as const;
type Pem = keyof typeof REDACTED;

function checkTls(tls: RouteTls): StatusCause[] {
  const causes: StatusCause[] = [];
  const refuse = (name: Pem, words: string) => {
    if (tls[name]) causes.push(invalidValue(`spec.tls.${name}`, REDACTED[name], words));
  };
  switch (tls.termination) {
    case 'reencrypt':
      break;
    case 'passthrough':
      for (const name of Object.keys(REDACTED) as Pem[])
        refuse(name, 'passthrough termination does not support certificates');
      break;
    case 'edge':
      refuse('destinationCACertificate', 'edge termination does not support destination certificates');
      break;
    default:
      causes.push(
        unsupportedValue('spec.tls.termination', tls.termination ?? '', ['edge', 'passthrough', 'reencrypt']),
      );
  }
  for (const name of Object.keys(REDACTED) as Pem[]) {
    const pem = tls[name];
    if (pem && !isPem(pem))
      causes.push(invalidValue(`spec.tls.${name}`, REDACTED[name], 'failed to find any PEM data'));
  }
  if (tls.externalCertificate) {
    causes.push(
      forbiddenField('spec.tls.externalCertificate', 'external certificates are not served; use certificate and key'),
    );
  }
  return [...causes, ...checkInsecurePolicy(tls)];
}

const isPem = (text: string) => /-----BEGIN [A-Z ]{1,40}-----/.test(text) && /-----END [A-Z ]{1,40}-----/.test(text);

function checkInsecurePolicy({ termination, insecureEdgeTerminationPolicy: policy }: RouteTls): StatusCause[] {
  if (!policy) return [];
  const allowed = termination === 'passthrough' ? ['None', 'Redirect'] : ['None', 'Allow', 'Redirect'];
  if (allowed.includes(policy)) return [];
  const words = `invalid value for InsecureEdgeTerminationPolicy option, acceptable values are ${allowed.join(', ')}, or empty`;
  return [invalidValue('spec.tls.insecureEdgeTerminationPolicy', policy, words)];
}
