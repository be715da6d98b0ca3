import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { ClientCertificates, type Credentials } from '@longshore/apiserver';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeAll, describe, expect, it } from 'vitest';
import { ClusterCertificates } from '../tls/index.js';

const DAY = 24 * 60 * 60_000;
let dir: string;
let now = Date.now();
let certificates: ClusterCertificates;
let authenticator: ClientCertificates;

beforeAll(async () => {
  dir = temporaryFolder('client-certificates');
  certificates = await open('own');
  authenticator = new ClientCertificates(certificates.clientCertificateAuthority, () => now);
});

const open = (name: string) => ClusterCertificates.open({ dir: join(dir, name), names: ['localhost'], now: () => now });

function credentials(pem: string, commonName: string, organizations: string[] = []): Credentials {
  const { raw } = new X509Certificate(pem);
  return {
    clientCertificate: raw,
    certificateSubject: { commonName, organizations },
    remoteAddress: '127.0.0.1',
  };
}

describe('ClientCertificates', () => {
  it('knows user and groups', async () => {
    const { certificate } = await certificates.issueClientCertificate('alice', ['devs']);
    expect(await authenticator.authenticate(credentials(certificate, 'alice', ['devs']))).toEqual({
      username: 'alice',
      groups: ['devs'],
    });
  });

  it('leaves connections without certificate to others', async () => {
    expect(await authenticator.authenticate({ remoteAddress: '127.0.0.1' })).toBeUndefined();
  });

  const unauthorized = expect.objectContaining({ reason: 'Unauthorized' }) as Error;

  it('refuses certificates of another authority', async () => {
    const other = await open('other');
    const { certificate } = await other.issueClientCertificate('system:admin', ['system:masters']);
    await expect(authenticator.authenticate(credentials(certificate, 'system:admin'))).rejects.toThrow(unauthorized);
  });

  it('refuses certificates of servers, and without a name', async () => {
    const [serving = ''] = certificates.serving.cert.split(/(?<=-----END CERTIFICATE-----\n)/);
    await expect(authenticator.authenticate(credentials(serving, 'longshore'))).rejects.toThrow(unauthorized);
    const { certificate } = await certificates.issueClientCertificate('', ['system:masters']);
    await expect(authenticator.authenticate(credentials(certificate, ''))).rejects.toThrow(unauthorized);
  });

  it('refuses a certificate that ended, also on a connection that goes on', async () => {
    const { certificate } = await certificates.issueClientCertificate('alice', []);
    const shown = credentials(certificate, 'alice');
    expect(await authenticator.authenticate(shown)).toMatchObject({ username: 'alice' });
    const before = now;
    now += 366 * DAY;
    await expect(authenticator.authenticate(shown)).rejects.toThrow(unauthorized);
    now = before - DAY;
    await expect(authenticator.authenticate(shown)).rejects.toThrow(unauthorized);
    now = before;
  });
});
