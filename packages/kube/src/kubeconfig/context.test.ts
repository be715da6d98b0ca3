import { describe, expect, it } from 'vitest';
import { connectionOf } from './context.js';
import { KubeconfigError } from './kubeconfig-error.js';
import { parseKubeconfig } from './kubeconfig.js';

const FILE = '/home/dev/.kube/config';

function config({ cluster = '{ server: https://api.example:6443 }', user = '{}', namespace = '' } = {}) {
  const text = `
current-context: main
clusters: [{ name: c, cluster: ${cluster} }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: main, context: { cluster: c, user: u${namespace} } }]`;
  return parseKubeconfig(text, FILE);
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('connectionOf', () => {
  it('reads the current context', () => {
    const connection = connectionOf(config({ namespace: ', namespace: shop' }));
    expect(connection).toEqual({ server: new URL('https://api.example:6443'), credential: {}, namespace: 'shop' });
    expect(connectionOf(config()).namespace).toBe('default');
  });

  it('reads what a cluster says', () => {
    const cluster = `{ server: "https://api.example/k8s", certificate-authority: ca.crt, proxy-url: "http://proxy:3128",
      tls-server-name: other, insecure-skip-tls-verify: true }`;
    expect(connectionOf(config({ cluster }))).toEqual({
      server: new URL('https://api.example/k8s'),
      certificateAuthority: { file: '/home/dev/.kube/ca.crt' },
      proxyUrl: new URL('http://proxy:3128'),
      tlsServerName: 'other',
      insecureSkipTlsVerify: true,
      credential: {},
      namespace: 'default',
    });
  });

  it.each([
    ['{ token: abc }', { token: { data: Buffer.from('abc') } }],
    ['{ token: abc, tokenFile: /run/token }', { token: { file: '/run/token' } }],
    [
      `{ client-certificate-data: ${base64('C')}, client-key: keys/k.pem }`,
      { certificate: { data: Buffer.from('C') }, key: { file: '/home/dev/.kube/keys/k.pem' } },
    ],
    [
      `{ exec: { apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [a], provideClusterInfo: true,
         env: [{ name: X, value: y }], installHint: get it, interactiveMode: Never } }`,
      {
        exec: {
          command: '/home/dev/.kube/bin/login',
          args: ['a'],
          env: { X: 'y' },
          installHint: 'get it',
          cluster: { server: 'https://api.example:6443' },
        },
      },
    ],
  ])('reads the user %s', (user, credential) => {
    expect(connectionOf(config({ user })).credential).toEqual(credential);
  });

  it('turns impersonation into headers', () => {
    const user = '{ as: alice, as-uid: "7", as-groups: [a, b], as-user-extra: { "scopes/x": [c] } }';
    expect(connectionOf(config({ user })).headers).toEqual({
      'impersonate-user': ['alice'],
      'impersonate-uid': ['7'],
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-scopes%2Fx': ['c'],
    });
  });

  it.each([
    ['{ username: alice, password: geheim }', /username: API servers take no passwords/],
    ['{ auth-provider: { name: oidc } }', /auth-provider: was removed/],
    ['{ client-key-data: Z2VoZWlt }', /needed together/],
    ['{ token: 7 }', /token: must be a string/],
    ['{ as-groups: [a] }', /as: is missing/],
    ['{ exec: { apiVersion: client.authentication.k8s.io/v1beta1, command: x } }', /exec.apiVersion: must be/],
    ['{ exec: { apiVersion: client.authentication.k8s.io/v1 } }', /exec.command/],
    ['{ exec: { apiVersion: client.authentication.k8s.io/v1, command: x, args: [1] } }', /exec.args/],
    ['{ exec: { apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always } }', /Always/],
  ])('refuses the user %s', (user, message) => {
    const read = () => connectionOf(config({ user }));
    expect(read).toThrow(KubeconfigError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^\/home\/dev\/.kube\/config: "u": (?!.*(geheim|Z2VoZWlt))/);
  });

  it.each([
    [{ cluster: '{}' }, /server: must be an http or https URL/],
    [{ cluster: '{ server: "ftp://x" }' }, /server: must be/],
    [{ cluster: '{ server: "https://x", insecure-skip-tls-verify: "no" }' }, /must be true or false/],
  ])('refuses %j', (parts, message) => {
    expect(() => connectionOf(config(parts))).toThrow(message);
  });

  it('names what is missing', () => {
    expect(() => connectionOf(config(), 'other')).toThrow('no context "other"');
    expect(() => connectionOf(parseKubeconfig('contexts: [{name: a, context: {cluster: x}}]', FILE), 'a')).toThrow(
      'no cluster "x"',
    );
    expect(() => connectionOf(parseKubeconfig('', FILE))).toThrow('no current-context');
  });
});
