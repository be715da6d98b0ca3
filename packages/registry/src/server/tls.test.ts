import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCiphers, type TLSSocket } from 'node:tls';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClientAuth, TlsConfig } from '../config/index.js';
import { checkClientCertificate, tlsOptions } from './tls.js';

let folder = '';
beforeAll(async () => {
  folder = temporaryFolder('tls');
  for (const name of ['certificate', 'key', 'ca1', 'ca2']) await writeFile(join(folder, name), name);
});

const config = (more: Partial<TlsConfig> = {}): TlsConfig => ({
  certificate: join(folder, 'certificate'),
  key: join(folder, 'key'),
  clientauth: 'require-and-verify-client-cert',
  minimumtls: 'tls1.2',
  ...more,
});

const clientcas = () => [join(folder, 'ca1'), join(folder, 'ca2')];

describe('tlsOptions', () => {
  it('reads the files, and asks for no client certificate where there are no authorities', async () => {
    expect(await tlsOptions(config())).toMatchObject({
      cert: Buffer.from('certificate'),
      key: Buffer.from('key'),
      requestCert: false,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      honorCipherOrder: true,
      ALPNProtocols: ['http/1.1'],
    });
    expect(await tlsOptions(config({ clientcas: [] }))).not.toHaveProperty('ca');
  });

  it.each<[ClientAuth, boolean]>([
    ['request-client-cert', false],
    ['require-any-client-cert', false],
    ['verify-client-cert-if-given', false],
    ['require-and-verify-client-cert', true],
  ])('leaves to OpenSSL what it can do: %s %s', async (clientauth, rejectUnauthorized) => {
    expect(await tlsOptions(config({ clientcas: clientcas(), clientauth }))).toMatchObject({
      ca: [Buffer.from('ca1'), Buffer.from('ca2')],
      requestCert: true,
      rejectUnauthorized,
    });
  });

  it.each([
    ['tls1.2', 'TLSv1.2'],
    ['tls1.3', 'TLSv1.3'],
  ] as const)('%s is at least %s', async (minimumtls, minVersion) => {
    expect(await tlsOptions(config({ minimumtls }))).toMatchObject({ minVersion });
  });

  it('offers ciphers that this Node has, without those that are weak', async () => {
    const { ciphers = '' } = await tlsOptions(config());
    const known = new Set(getCiphers().map((name) => name.toUpperCase()));
    expect(ciphers.split(':').filter((name) => !known.has(name))).toEqual([]);
    expect(ciphers).not.toMatch(/CBC|RC4|3DES|MD5|NULL|EXPORT/);
  });

  it('offers the configured ciphers in their place', async () => {
    const options = await tlsOptions(config({ ciphersuites: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'] }));
    expect(options.ciphers).toContain('ECDHE-RSA-AES256-GCM-SHA384');
    expect(options.ciphers).not.toContain('AES128');
  });

  it('names the file that is missing', async () => {
    await expect(tlsOptions(config({ key: join(folder, 'nowhere') }))).rejects.toThrow('nowhere');
  });
});

describe('checkClientCertificate', () => {
  it.each<[ClientAuth, { given: boolean; authorized: boolean }, boolean]>([
    ['request-client-cert', { given: false, authorized: false }, true],
    ['request-client-cert', { given: true, authorized: false }, true],
    ['require-any-client-cert', { given: false, authorized: false }, false],
    ['require-any-client-cert', { given: true, authorized: false }, true],
    ['verify-client-cert-if-given', { given: false, authorized: false }, true],
    ['verify-client-cert-if-given', { given: true, authorized: false }, false],
    ['verify-client-cert-if-given', { given: true, authorized: true }, true],
    ['require-and-verify-client-cert', { given: true, authorized: true }, true],
  ])('%s, %j: stays %s', (clientauth, { given, authorized }, stays) => {
    let destroyed = false;
    const socket = {
      authorized,
      getPeerCertificate: () => (given ? { subject: {} } : {}),
      destroy: () => (destroyed = true),
    } as unknown as TLSSocket;
    checkClientCertificate(config({ clientcas: clientcas(), clientauth }), socket);
    expect(destroyed).toBe(!stays);
  });

  it('asks nothing where there are no authorities', () => {
    let destroyed = false;
    const socket = { getPeerCertificate: () => ({}), destroy: () => (destroyed = true) } as unknown as TLSSocket;
    checkClientCertificate(config({ clientauth: 'require-any-client-cert' }), socket);
    expect(destroyed).toBe(false);
  });
});
