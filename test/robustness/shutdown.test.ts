import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createCertificateAuthority,
  digestOf,
  digestOfPulledBlob,
  issueServerCertificate,
  pushBlob,
  randomBytesOf,
  readAuthority,
  RequestError,
  requestTo,
  startUpload,
  type Longshore,
} from '@longshore/testkit';
import { eventually } from './eventually.js';
import { childrenOf } from './processes.js';
import { RawConnection } from './raw-connection.js';
import { Servers } from './servers.js';

const MIB = 2 ** 20;
const BOUND_MS = 20_000;

const servers = new Servers();
afterAll(() => servers.end());

const blob = randomBytesOf('download', 24 * MIB);

async function beginDownload(registry: Longshore): Promise<RawConnection> {
  const digest = await pushBlob(registry, 'a', blob);
  const connection = await RawConnection.open(registry.port);
  await connection.write(Buffer.from(`GET /v2/a/blobs/${digest} HTTP/1.1\r\nHost: x\r\n\r\n`));
  await connection.pauseAtAnswer(BOUND_MS);
  return connection;
}

async function beginUpload(registry: Longshore, body: Buffer): Promise<RawConnection> {
  const location = await startUpload(registry, 'a');
  const connection = await RawConnection.open(registry.port);
  await connection.write(
    Buffer.from(
      `PUT ${location}&digest=${digestOf(body)} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`,
    ),
  );
  await connection.write(body.subarray(0, body.length / 2));
  await eventually('the upload has begun', async () => {
    const { range } = (await requestTo(registry, location)).headers;
    return range === '0-0' ? undefined : true;
  });
  return connection;
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

const terminate = (registry: Longshore) => process.kill(registry.process.pid, 'SIGTERM');
const refusal = (registry: Longshore) =>
  eventually('new connections are refused', async () => ((await isRefused(registry.port)) ? true : undefined));

/** The exit status, once the server and its workers have ended. */
async function exitStatus(registry: Longshore): Promise<number | null> {
  await eventually('the end', () => (registry.process.running ? undefined : true), BOUND_MS);
  return (await registry.process.ended).status;
}

describe.each([1, 2])('SIGTERM to a registry with %i workers', (workers) => {
  it('lets running transfers end, takes no new ones, and ends as soon as they have', async () => {
    const root = servers.folder();
    const registry = await servers.longshore({ root, workers, drainTimeout: '10m' });
    const idle = await RawConnection.open(registry.port);
    await idle.write(Buffer.from('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'));
    await idle.nextResponse('GET', BOUND_MS);
    const body = randomBytesOf(`upload ${workers}`, 4 * MIB);
    const [download, upload] = [await beginDownload(registry), await beginUpload(registry, body)];
    terminate(registry);
    await refusal(registry);
    expect(registry.process.running).toBe(true);
    download.resume();
    const pulled = await download.nextResponse('GET', BOUND_MS);
    expect(pulled?.body.equals(blob)).toBe(true);
    await upload.write(body.subarray(body.length / 2));
    expect((await upload.nextResponse('PUT', BOUND_MS))?.status).toBe(201);
    // The clients keep all three connections open.
    expect(await exitStatus(registry)).toBe(0);
    expect(registry.log()).toContain('server shutdown, bye.');
    for (const connection of [idle, download, upload]) connection.close();
    await registry.restart();
    expect(await digestOfPulledBlob(registry, 'a', digestOf(body))).toBe(digestOf(body));
  });

  it('cuts what takes longer than the time to drain', async () => {
    const registry = await servers.longshore({ workers, drainTimeout: '300ms' });
    const body = randomBytesOf('endless', 4 * MIB);
    const [download, upload] = [await beginDownload(registry), await beginUpload(registry, body)];
    terminate(registry);
    expect(await exitStatus(registry)).toBe(0);
    expect(await upload.nextResponse('PUT', BOUND_MS)).toBeUndefined();
    download.resume();
    expect((await download.bytesToEnd(BOUND_MS)).length).toBeLessThan(blob.length);
  });
});

describe('SIGTERM does not wait for clients that connected and said nothing', () => {
  const connected = async (socket: Socket, event: string) => {
    await once(
      socket.on('error', () => undefined),
      event,
    );
    return once(socket.resume(), 'close');
  };

  it('over TCP', async () => {
    const registry = await servers.longshore({ drainTimeout: '10m' });
    const closed = [0, 1].map(() => connected(connect(registry.port, '127.0.0.1'), 'connect'));
    await requestTo(registry, '/v2/');
    terminate(registry);
    expect(await exitStatus(registry)).toBe(0);
    await Promise.all(closed);
  });

  it('before and after the handshake of TLS', async () => {
    const dir = servers.folder();
    const authority = await createCertificateAuthority(dir);
    const tls = await issueServerCertificate(authority, { dir });
    const registry = await servers.longshore({ tls, drainTimeout: '10m' });
    const ca = await readAuthority(authority.certificate);
    const closed = [
      connected(connect(registry.port, '127.0.0.1'), 'connect'),
      connected(connectTls({ port: registry.port, host: '127.0.0.1', ca }), 'secureConnect'),
    ];
    await requestTo(registry, '/v2/', { agent: new Agent({ ca }) });
    terminate(registry);
    expect(await exitStatus(registry)).toBe(0);
    await Promise.all(closed);
  });
});

describe('a worker that dies', () => {
  /** Kills one worker; resolves with the processes before and after, as soon as there is a new one. */
  async function replaceWorker(registry: Longshore): Promise<void> {
    const before = childrenOf(registry.process.pid);
    process.kill(before[0] ?? 0, 'SIGKILL');
    await eventually('a new worker', () =>
      childrenOf(registry.process.pid).some((pid) => !before.includes(pid)) ? true : undefined,
    );
  }

  it('is replaced, and the port answers all the time', async () => {
    const registry = await servers.longshore();
    let over = false;
    const lost: unknown[] = [];
    const asking = (async () => {
      while (!over) {
        try {
          expect((await requestTo(registry, '/v2/', { timeout: 5000 })).status).toBe(200);
        } catch (error) {
          if (!(error instanceof RequestError)) throw error;
          lost.push(error);
        }
      }
    })();
    await replaceWorker(registry);
    over = true;
    await asking;
    // Only what the dead worker had in its hands may be lost.
    expect(lost.length).toBeLessThanOrEqual(1);
    expect(childrenOf(registry.process.pid)).toHaveLength(2);
    expect(await registry.stop()).toBe(0);
  });

  it('does not keep the server from ending while its successor starts', async () => {
    const registry = await servers.longshore();
    await replaceWorker(registry);
    terminate(registry);
    expect(await exitStatus(registry)).toBe(0);
  });
});
