import type { UserInfo } from '../access/access.js';
import type { Exchange } from '../request/exchange.js';

/** `audit.k8s.io/v1` Event at level Metadata: who asked for what and what came of it, never what was in it. */
export interface AuditEvent {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  level: 'Metadata';
  auditID: string;
  stage: 'ResponseStarted' | 'ResponseComplete';
  requestURI: string;
  verb: string;
  user: UserInfo;
  impersonatedUser?: UserInfo;
  sourceIPs: string[];
  userAgent?: string;
  objectRef?: {
    resource: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion: string;
    subresource?: string;
  };
  responseStatus: { metadata: object; status?: string; reason?: string; code: number };
  /** With microseconds. */
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
}

export interface AuditLog {
  /** Never throws and does not wait. */
  write(event: AuditEvent): void;
}

const MAX_TEXT = 1024;

/** Queries outside the API may hold codes and tokens, and messages of errors values of secrets: neither is told. */
export function auditEvent(exchange: Exchange, stage: AuditEvent['stage'], now: Date): AuditEvent {
  const { info, request, response, auditId, receivedAt, user, impersonator, error } = exchange;
  const decision = exchange.isAllowed;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: auditId,
    stage,
    requestURI: (info.isResource ? (request.url ?? '') : info.path).slice(0, MAX_TEXT),
    verb: info.verb,
    user: impersonator ?? user,
    ...(impersonator !== undefined && { impersonatedUser: user }),
    sourceIPs: [exchange.remoteAddress],
    ...(request.headers['user-agent'] !== undefined && { userAgent: request.headers['user-agent'].slice(0, MAX_TEXT) }),
    ...(info.isResource && { objectRef: objectRef(exchange) }),
    responseStatus: {
      metadata: {},
      ...(error !== undefined && { status: 'Failure', ...(error.reason !== undefined && { reason: error.reason }) }),
      code: response.statusCode,
    },
    requestReceivedTimestamp: microTime(receivedAt),
    stageTimestamp: microTime(now),
    ...(decision !== undefined && { annotations: { 'authorization.k8s.io/decision': decision ? 'allow' : 'forbid' } }),
  };
}

function objectRef({ info }: Exchange): NonNullable<AuditEvent['objectRef']> {
  const { resource, namespace, name, group, version, subresource } = info;
  return {
    resource,
    ...(namespace !== '' && { namespace }),
    ...(name !== '' && { name }),
    ...(group !== '' && { apiGroup: group }),
    apiVersion: version,
    ...(subresource !== '' && { subresource }),
  };
}

const microTime = (date: Date) => date.toISOString().replace('Z', '000Z');
