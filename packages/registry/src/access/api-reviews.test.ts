import { KubeClient, type Transport, type TransportRequest } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import type { Subject } from './access.js';
import { ApiReviews } from './api-reviews.js';
import { AccessUnavailableError } from './errors.js';

const RIGHT = { verb: 'get', resource: 'imagestreams', subresource: 'layers', namespace: 'shop', name: 'app' };
const EDITOR: Subject = { name: 'editor', anonymous: false, groups: ['system:authenticated'], uid: '1' };

interface Sent {
  path: string;
  spec: Record<string, unknown>;
}

/** An API server that gives one answer, and keeps what it was asked. */
function answering(status: number, body: object): { reviews: ApiReviews; sent: Sent[] } {
  const sent: Sent[] = [];
  const transport: Transport = {
    request: async ({ path, body: text }: TransportRequest) => {
      const { spec } = JSON.parse(text as string) as Pick<Sent, 'spec'>;
      sent.push({ path, spec });
      return {
        status,
        headers: {},
        body: (async function* () {
          yield Buffer.from(JSON.stringify(body));
        })(),
      };
    },
    close: async () => {},
  };
  return { reviews: new ApiReviews(new KubeClient(transport, { retry: { attempts: 1 } })), sent };
}

describe('reviewToken', () => {
  it('tells whose a token is', async () => {
    const user = { username: 'editor', uid: '1', groups: ['system:authenticated'] };
    const { reviews, sent } = answering(201, { status: { authenticated: true, user } });
    expect(await reviews.reviewToken('sha256~t')).toEqual(EDITOR);
    expect(sent).toEqual([{ path: '/apis/authentication.k8s.io/v1/tokenreviews', spec: { token: 'sha256~t' } }]);
  });

  it.each([
    ['not authenticated', { status: { error: 'no' } }],
    ['without a name', { status: { authenticated: true, user: {} } }],
    ['an empty answer', {}],
  ])("is nobody's: %s", async (_name, body) => {
    expect(await answering(201, body).reviews.reviewToken('t')).toBeUndefined();
  });

  it('sends no absurd token', async () => {
    const { reviews, sent } = answering(201, {});
    expect(await reviews.reviewToken('x'.repeat(100_000))).toBeUndefined();
    expect(sent).toEqual([]);
  });
});

describe('reviewAccess', () => {
  it('asks for the subject with its groups', async () => {
    const { reviews, sent } = answering(201, { status: { allowed: true } });
    expect(await reviews.reviewAccess(EDITOR, RIGHT)).toBe(true);
    expect(sent[0]).toEqual({
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      spec: {
        user: 'editor',
        groups: ['system:authenticated'],
        uid: '1',
        resourceAttributes: { ...RIGHT, group: 'image.openshift.io', version: 'v1' },
      },
    });
  });

  it('asks for anonymous as Kubernetes calls them', async () => {
    const { reviews, sent } = answering(201, { status: { allowed: false } });
    expect(await reviews.reviewAccess({ name: 'anonymous', anonymous: true }, RIGHT)).toBe(false);
    expect(sent[0]?.spec).toMatchObject({ user: 'system:anonymous', groups: ['system:unauthenticated'] });
  });
});

describe('a token that is good for less than its user', () => {
  it('asks with its scopes', async () => {
    const extra = { 'scopes.authorization.openshift.io': ['user:info'] };
    const known = answering(201, { status: { authenticated: true, user: { username: 'editor', extra } } });
    const subject = await known.reviews.reviewToken('sha256~t');
    const { reviews, sent } = answering(201, { status: { allowed: false } });
    await reviews.reviewAccess(subject as Subject, RIGHT);
    expect(sent[0]?.spec).toMatchObject({ user: 'editor', extra });
  });
});

describe('an API server that does not answer', () => {
  const failure = (code: number, reason: string) => ({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
  });
  it.each([
    [403, 'Forbidden', 'the cluster does not let the registry create tokenreviews'],
    [401, 'Unauthorized', 'the cluster does not know the registry'],
    [500, 'InternalError', 'the API server of the cluster answers 500'],
  ])('%s %s', async (code, reason, message) => {
    const { reviews } = answering(code, failure(code, reason));
    await expect(reviews.reviewToken('secret-token')).rejects.toThrow(new AccessUnavailableError(message));
  });
});
