import { serveJob } from './job.js';
import { ProtocolError, RawConnection, type Target } from './raw-connection.js';
import { stopwatch } from '../stopwatch.js';

/** Parallel connections that each GET a path several times. */
export interface DownloadJob {
  target: Target;
  /** The connection with number i gets the path with number i, modulo their count. */
  paths: string[];
  /** Bytes of each response. */
  size: number;
  connections: number;
  transfersPerConnection: number;
  /** Transfers of each path before the timed part. */
  warmups: number;
}

export interface Download {
  bytes: number;
  seconds: number;
}

serveJob<DownloadJob, Download>(async (job) => {
  const connections = await Promise.all(Array.from({ length: job.connections }, () => RawConnection.open(job.target)));
  const [first] = connections;
  for (const path of job.paths) for (let i = 0; first && i < job.warmups; i++) await transfer(first, path, job.size);
  return async () => {
    const seconds = stopwatch();
    await Promise.all(
      connections.map(async (connection, index) => {
        const path = job.paths[index % job.paths.length] ?? '';
        for (let i = 0; i < job.transfersPerConnection; i++) await transfer(connection, path, job.size);
      }),
    );
    return { bytes: job.connections * job.transfersPerConnection * job.size, seconds: seconds() };
  };
});

async function transfer(connection: RawConnection, path: string, size: number): Promise<void> {
  const { bytes } = await connection.expect(200, { method: 'GET', path });
  if (bytes !== size) throw new ProtocolError(`GET ${path}: ${bytes} bytes instead of ${size}`);
}
