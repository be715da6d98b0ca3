import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import type { Clock } from '@longshore/kube';
import { connectionOf, HttpTransport, KubeClient, parseKubeconfig } from '@longshore/kube';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateError, ClusterCertificates } from './cluster-certificates.js';
import { writeKubeconfig } from './kubeconfig-file.js';
import { renewServingCertificate, secureContext } from './renewal.js';
import { servingNames } from './serving-names.js';

const DAY = 24 * 60 * 60_000;
const START = Date.parse('2026-01-01T00:00:00Z');

let dir: string;
let now: number;
const cleanups: (() => void)[] = [];

beforeEach(async () => {
  dir = temporaryFolder('certificates');
  now = START;
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const open = (names = servingNames([], 'box')) => ClusterCertificates.open({ dir, names, now: () => now });
const servingOf = (certificates: ClusterCertificates) => new X509Certificate(certificates.serving.cert);

describe('ClusterCertificates', () => {
  it('makes authorities and a serving certificate for all names, in private files', async () => {
    const certificates = await open(servingNames(['10.0.0.7', 'API.example'], 'box'));
    const serving = servingOf(certificates);
    for (const name of ['localhost', 'box', 'kubernetes.default.svc', 'api.example']) {
      expect(serving.checkHost(name)).toBeDefined();
    }
    for (const address of ['127.0.0.1', '::1', '10.0.0.7']) expect(serving.checkIP(address)).toBeDefined();
    expect(serving.checkHost('evil.example')).toBeUndefined();
    const authority = new X509Certificate(certificates.authority);
    expect(serving.verify(authority.publicKey)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(serving.ca).toBe(false);
    expect(serving.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).sort()).toEqual(
      ['ca', 'client-ca', 'serving'].flatMap((name) => [`${name}.crt`, `${name}.key`]).sort(),
    );
  });

  it('finds all as it was', async () => {
    const first = await open();
    const second = await open();
    expect(second.authority).toBe(first.authority);
    expect(await readFile(second.authorityFile, 'utf8')).toBe(first.authority);
    expect(second.serving).toEqual(first.serving);
    const client = await first.clientCertificate('admin', 'system:admin', ['system:masters']);
    expect(await second.clientCertificate('admin', 'system:admin', ['system:masters'])).toEqual(client);
  });

  it('issues another serving certificate when names are added or a third of its life is left', async () => {
    const first = await open();
    const renamed = await open(servingNames(['10.0.0.7'], 'box'));
    expect(renamed.serving.cert).not.toBe(first.serving.cert);
    expect(renamed.authority).toBe(first.authority);
    now = renamed.renewAt - 1;
    expect((await open(servingNames(['10.0.0.7'], 'box'))).serving).toEqual(renamed.serving);
    now = renamed.renewAt;
    const renewed = await open(servingNames(['10.0.0.7'], 'box'));
    expect(renewed.serving.cert).not.toBe(renamed.serving.cert);
    expect(renewed.renewAt - now).toBeGreaterThanOrEqual(59 * DAY);
  });

  it('replaces authorities in good time, and all that they vouched for', async () => {
    const first = await open();
    const admin = await first.clientCertificate('admin', 'system:admin', []);
    now = START + 3600 * DAY;
    const second = await open();
    expect(second.authority).not.toBe(first.authority);
    expect(servingOf(second).verify(new X509Certificate(second.authority).publicKey)).toBe(true);
    expect(await second.clientCertificate('admin', 'system:admin', [])).not.toEqual(admin);
  });

  it('makes a pair anew that a power cut left half', async () => {
    const first = await open();
    await rm(join(dir, 'serving.crt'));
    expect((await open()).serving.cert).not.toBe(first.serving.cert);
    const other = await first.issueClientCertificate('x', []);
    await writeFile(join(dir, 'serving.key'), other.key);
    expect(servingOf(await open()).verify(new X509Certificate(first.authority).publicKey)).toBe(true);
  });

  it('says which file is damaged', async () => {
    await open();
    await writeFile(join(dir, 'ca.crt'), 'rubbish');
    await expect(open()).rejects.toThrow(CertificateError);
    await expect(open()).rejects.toThrow(/ca\.crt or .*ca\.key is damaged; remove both/);
  });

  it('issues client certificates with user and groups that servers do not take for servers', async () => {
    const certificates = await open();
    const { certificate } = await certificates.issueClientCertificate('alice', ['devs', 'ops']);
    const parsed = new X509Certificate(certificate);
    expect(parsed.subject).toBe('O=devs\nO=ops\nCN=alice');
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(parsed.verify(new X509Certificate(certificates.clientCertificateAuthority).publicKey)).toBe(true);
  });
});

describe('a running server', () => {
  async function serve(certificates: ClusterCertificates) {
    const server = createServer(secureContext(certificates), (request, response) => {
      const socket = request.socket as TLSSocket;
      const { CN, O } = socket.getPeerCertificate().subject ?? {};
      response.end(JSON.stringify({ kind: 'Who', authorized: socket.authorized, CN, O }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { server, port: (server.address() as AddressInfo).port };
  }

  const shownBy = (port: number, ca: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca }, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.on('error', reject);
    });

  it('knows clients by certificates of the client authority only', async () => {
    now = Date.now();
    const certificates = await open();
    const { port } = await serve(certificates);
    const kubeconfig = join(dir, 'admin.kubeconfig');
    const admin = await certificates.clientCertificate('admin', 'system:admin', ['system:masters', 'ops']);
    const server = `https://127.0.0.1:${port}`;
    await writeKubeconfig(kubeconfig, { server, authority: certificates.authority, user: 'admin', certificate: admin });
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
    const connection = connectionOf(parseKubeconfig(await readFile(kubeconfig, 'utf8'), kubeconfig));
    const client = new KubeClient(new HttpTransport(connection));
    expect(await client.getPath('/')).toMatchObject({
      authorized: true,
      CN: 'system:admin',
      O: ['system:masters', 'ops'],
    });
    await client.close();

    const otherDir = join(dir, 'other');
    const other = await ClusterCertificates.open({ dir: otherDir, names: ['localhost'], now: () => now });
    const forged = await other.issueClientCertificate('system:admin', ['system:masters']);
    const answer = await new Promise<string>((resolve, reject) => {
      const options = { port, ca: certificates.authority, cert: forged.certificate, key: forged.key };
      request({ host: '127.0.0.1', ...options }, (response) => response.on('data', (data) => resolve(String(data))))
        .on('error', reject)
        .end();
    });
    expect(JSON.parse(answer)).toMatchObject({ authorized: false });
  });

  it('shows a renewed certificate without a restart', async () => {
    // So that the renewal is due a day ago, and both certificates are valid now.
    now = Date.now() - 61 * DAY;
    const certificates = await open();
    const { server, port } = await serve(certificates);
    const before = await shownBy(port, certificates.authority);
    const abort = new AbortController();
    const clock: Clock = {
      now: () => now,
      monotonic: () => now,
      sleep: async (milliseconds, signal) => {
        now += milliseconds;
        signal?.throwIfAborted();
      },
    };
    const errors: unknown[] = [];
    const renewed = new Promise<void>((resolve) => {
      const renewable = {
        setSecureContext: (context: Parameters<typeof server.setSecureContext>[0]) => {
          server.setSecureContext(context);
          resolve();
          abort.abort();
        },
      };
      void renewServingCertificate(renewable, certificates, {
        clock,
        signal: abort.signal,
        onError: (error) => errors.push(error),
      });
    });
    await renewed;
    expect(errors).toEqual([]);
    const after = await shownBy(port, certificates.authority);
    expect(after).not.toBe(before);
    expect(after).toBe(servingOf(certificates).serialNumber);
  });
});
