import { describe, expect, it } from 'vitest';
import { parseRequestInfo } from './request-info.js';

const parse = (method: string, url: string) => {
  const [path = '', query = ''] = url.split('?');
  return parseRequestInfo(method, path, new URLSearchParams(query));
};

describe('parseRequestInfo', () => {
  it.each([
    ['GET', '/api/v1/pods', { verb: 'list', resource: 'pods', namespace: '', name: '' }],
    [
      'GET',
      '/api/v1/namespaces/ns/pods?watch=1',
      { verb: 'watch', resource: 'pods', namespace: 'ns', inNamespace: true },
    ],
    ['GET', '/api/v1/namespaces/ns/pods?watch=false', { verb: 'list' }],
    ['GET', '/api/v1/namespaces/ns/pods/p?watch=true', { verb: 'get', name: 'p' }],
    ['HEAD', '/api/v1/namespaces/ns/pods/p/', { verb: 'get', name: 'p' }],
    ['POST', '/api/v1/namespaces/ns/pods', { verb: 'create' }],
    ['DELETE', '/api/v1/namespaces/ns/pods', { verb: 'deletecollection' }],
    ['PUT', '/api/v1/namespaces/ns/pods/p/status', { verb: 'update', name: 'p', subresource: 'status' }],
    ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces', namespace: '' }],
    [
      'GET',
      '/api/v1/namespaces/ns',
      { verb: 'get', resource: 'namespaces', namespace: 'ns', name: 'ns', inNamespace: false },
    ],
    ['PUT', '/api/v1/namespaces/ns/finalize', { resource: 'namespaces', name: 'ns', subresource: 'finalize' }],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/ns/deployments/d',
      { verb: 'patch', group: 'apps', version: 'v1', groupVersion: 'apps/v1', resource: 'deployments', name: 'd' },
    ],
    ['GET', '/apis/image.openshift.io/v1/images/sha256%3Aab', { resource: 'images', name: 'sha256:ab', namespace: '' }],
    ['GET', '/api/v1/namespaces/ns/pods/p/proxy/a/b', { subresource: 'proxy', rest: ['a', 'b'] }],
  ])('%s %s', (method, url, expected) => {
    expect(parse(method, url)).toMatchObject({ isResource: true, ...expected });
  });

  it.each(['/', '/api', '/api/', '/api/v1', '/apis/apps', '/apis/apps/v1', '/healthz', '/openapi/v2'])(
    '%s is outside the resources',
    (path) => {
      expect(parse('GET', path)).toMatchObject({ isResource: false, verb: 'get', path: path.replace(/(.)\/$/, '$1') });
    },
  );

  it('knows no path that cannot be decoded', () => {
    expect(parse('GET', '/api/v1/pods/%zz')).toBeUndefined();
  });
});
