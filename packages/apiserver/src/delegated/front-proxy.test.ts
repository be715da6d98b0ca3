import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority, issueClientCertificate, temporaryFolder } from '@longshore/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { FrontProxy, type FrontProxySettings } from './front-proxy.js';

const REMOTE = { remoteAddress: '127.0.0.1' };
let settings: FrontProxySettings;
let ofProxy: Buffer;
let ofStranger: Buffer;

beforeAll(async () => {
  const dir = temporaryFolder('front-proxy');
  const certificate = async (authority: string) => {
    const ca = await createCertificateAuthority(join(dir, authority));
    const issued = await issueClientCertificate(ca, { dir: join(dir, authority), commonName: 'aggregator' });
    const raw = new X509Certificate(await readFile(issued.certificate)).raw;
    return { raw, ca: await readFile(ca.certificate, 'utf8') };
  };
  const proxy = await certificate('proxy');
  ofProxy = proxy.raw;
  ofStranger = (await certificate('stranger')).raw;
  settings = {
    clientCa: proxy.ca,
    allowedNames: ['aggregator'],
    usernameHeaders: ['X-Remote-User'],
    uidHeaders: ['X-Remote-Uid'],
    groupHeaders: ['X-Remote-Group'],
    extraHeaderPrefixes: ['X-Remote-Extra-'],
  };
});

interface Shown {
  certificate?: Buffer;
  commonName?: string;
  headers?: Record<string, string[]>;
  change?: Partial<FrontProxySettings>;
}

function authenticate({ certificate = ofProxy, commonName = 'aggregator', headers = {}, change = {} }: Shown) {
  return new FrontProxy({ ...settings, ...change }, Date.now).authenticate({
    ...REMOTE,
    clientCertificate: certificate,
    certificateSubject: { commonName, organizations: [] },
    headers: () => headers,
  });
}

const alice = { 'x-remote-user': ['alice'], 'x-remote-group': ['devs', 'a, system:masters'] };

describe('FrontProxy', () => {
  it('believes what the proxy says of a user', () => {
    const more = { 'x-remote-uid': ['7'], 'x-remote-extra-example.com%2fscope': ['one', 'two'] };
    expect(authenticate({ headers: { ...alice, ...more } })).toEqual({
      username: 'alice',
      groups: ['devs', 'a, system:masters'],
      uid: '7',
      extra: { 'example.com/scope': ['one', 'two'] },
    });
  });

  it.each<[string, () => Shown]>([
    ['another authority', () => ({ certificate: ofStranger, headers: alice })],
    ['another name', () => ({ commonName: 'alice', headers: alice })],
    ['no user', () => ({ headers: { 'x-remote-group': ['system:masters'] } })],
    ['an empty user', () => ({ headers: { 'x-remote-user': [''] } })],
  ])('believes nobody with %s', (_, shown) => {
    expect(authenticate(shown())).toBeUndefined();
  });

  it('takes any name of its authority where none is listed', () => {
    expect(authenticate({ commonName: 'other', headers: alice, change: { allowedNames: [] } })?.username).toBe('alice');
  });

  it('says nothing of connections without a certificate', () => {
    const proxy = new FrontProxy(settings, Date.now);
    expect(proxy.authenticate({ ...REMOTE, headers: () => alice })).toBeUndefined();
  });
});
