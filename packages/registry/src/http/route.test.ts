import { RegistryError } from '@longshore/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchRoute, type Route } from './route.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('matchRoute', () => {
  it.each<[string, Route | undefined]>([
    ['/', { kind: 'liveness' }],
    ['/healthz', { kind: 'liveness' }],
    ['/livez', { kind: 'liveness' }],
    ['/readyz', { kind: 'readiness' }],
    ['/openshift/token', { kind: 'token' }],
    ['/extensions/v2/metrics', { kind: 'metrics' }],
    ['/v2', { kind: 'base-without-slash' }],
    ['/v2/', { kind: 'base' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/app/tags/list', { kind: 'tags', repository: 'app' }],
    ['/v2/team/app/tags/list', { kind: 'tags', repository: 'team/app' }],
    ['/v2/app/manifests/latest', { kind: 'manifest', repository: 'app', reference: 'latest' }],
    [`/v2/app/manifests/${DIGEST}`, { kind: 'manifest', repository: 'app', reference: DIGEST }],
    [`/v2/app/blobs/${DIGEST}`, { kind: 'blob', repository: 'app', digest: DIGEST }],
    [`/v2/app/referrers/${DIGEST}`, { kind: 'referrers', repository: 'app', digest: DIGEST }],
    ['/v2/app/blobs/uploads/', { kind: 'uploads', repository: 'app' }],
    ['/v2/app/blobs/uploads', { kind: 'uploads', repository: 'app' }],
    ['/v2/app/blobs/uploads/some-id', { kind: 'upload', repository: 'app', id: 'some-id' }],
    ['', undefined],
    ['/v1/', undefined],
    ['/v2/app', undefined],
    ['/v2/app/', undefined],
    ['/v2/app/tags', undefined],
    ['/v2/app/tags/', undefined],
    ['/v2/app/tags/list/', undefined],
    ['/v2/app/tags/other', undefined],
    ['/v2/app/manifests/', undefined],
    ['/v2/app/blobs/', undefined],
    ['/v2/app/referrers/', undefined],
    ['/v2/manifests/latest', undefined],
    ['/v2/tags/list', undefined],
    ['/v2/blobs/uploads/', undefined],
    ['/v2/app/uploads/some-id', undefined],
    ['/v2/_catalog/', undefined],
    ['/V2/', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['*', undefined],
    ['registry.example:443', undefined],
  ])('%s', (path, route) => {
    expect(matchRoute(path)).toEqual(route);
  });

  it.each<[string, Route]>([
    ['/v2/blobs/manifests/latest', { kind: 'manifest', repository: 'blobs', reference: 'latest' }],
    ['/v2/a/blobs/uploads/blobs/uploads/', { kind: 'uploads', repository: 'a/blobs/uploads' }],
    ['/v2/a/blobs/uploads/blobs/uploads/id', { kind: 'upload', repository: 'a/blobs/uploads', id: 'id' }],
    ['/v2/a/manifests/latest/manifests/x', { kind: 'manifest', repository: 'a/manifests/latest', reference: 'x' }],
    ['/v2/tags/list/tags/list', { kind: 'tags', repository: 'tags/list' }],
    ['/v2/uploads/blobs/uploads/', { kind: 'uploads', repository: 'uploads' }],
    [`/v2/a/blobs/uploads/blobs/${DIGEST}`, { kind: 'blob', repository: 'a/blobs/uploads', digest: DIGEST }],
    ['/v2/v2/v2/tags/list', { kind: 'tags', repository: 'v2/v2' }],
  ])('reads from the end what a name may hold too: %s', (path, route) => {
    expect(matchRoute(path)).toEqual(route);
  });

  it.each<[string, Route | undefined]>([
    ['/v2/team%2Fapp/tags/list', { kind: 'tags', repository: 'team/app' }],
    ['/v2/app/manifests%2flatest', { kind: 'manifest', repository: 'app', reference: 'latest' }],
    [`/v2/app/blobs/sha256%3A${'a'.repeat(64)}`, { kind: 'blob', repository: 'app', digest: DIGEST }],
    ['/v2/app/manifests/a%00b', { kind: 'manifest', repository: 'app', reference: 'a\0b' }],
    ['/v2/app/manifests/%252e', { kind: 'manifest', repository: 'app', reference: '%2e' }],
    ['/v2/app/manifests/%', undefined],
    ['/v2/app/manifests/%ff', undefined],
    ['/v2/app/manifests/%zz', undefined],
  ])('decodes once: %s', (path, route) => {
    expect(matchRoute(path)).toEqual(route);
  });

  it.each([
    '/v2//tags/list',
    '/v2/../tags/list',
    '/v2/app/../other/tags/list',
    '/v2/%2e%2e/tags/list',
    '/v2/./tags/list',
    '/v2/.hidden/tags/list',
    '/v2/app//x/tags/list',
    '/v2/App/tags/list',
    '/v2/app /tags/list',
    '/v2/app%00/tags/list',
    '/v2/app%0a/tags/list',
    '/v2/_uploads/tags/list',
    '/v2/app/_layers/tags/list',
    '/v2/a..b/tags/list',
    '/v2/a%252fb/tags/list',
    '/v2/é/tags/list',
    `/v2/${'a'.repeat(256)}/tags/list`,
  ])('refuses the name of %s', (path) => {
    expect(() => matchRoute(path)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }) as Error);
  });

  it('does not look at paths of unreasonable length', () => {
    expect(matchRoute(`/v2/app/manifests/${'a'.repeat(4096)}`)).toBeUndefined();
  });

  it('throws nothing but NAME_INVALID, and names nothing that cannot be a repository', () => {
    const word = fc.constantFrom(
      'v2',
      'blobs',
      'uploads',
      'manifests',
      'tags',
      'list',
      'referrers',
      '..',
      '.',
      '',
      'a',
      '%2F',
      '%',
      '%00',
      '_x',
    );
    const path = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word, { maxLength: 8 }).map((words) => `/v2/${words.join('/')}`),
    );
    fc.assert(
      fc.property(path, (text) => {
        try {
          const route = matchRoute(text);
          if (route && 'repository' in route) {
            expect(route.repository).toMatch(/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/);
            expect(route.repository.split('/')).not.toContain('..');
          }
        } catch (error) {
          expect(error).toBeInstanceOf(RegistryError);
          expect(error).toMatchObject({ code: 'NAME_INVALID', status: 400 });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
