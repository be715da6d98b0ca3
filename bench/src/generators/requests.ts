import { percentile } from '../statistics.js';
import { serveJob } from './job.js';
import { RawConnection, type RawRequest, type Target } from './raw-connection.js';
import { stopwatch } from '../stopwatch.js';

/** Parallel connections that repeat a request as fast as the server answers. */
export interface RequestJob {
  target: Target;
  request: RawRequest;
  connections: number;
  warmupSeconds: number;
  seconds: number;
}

export interface RequestRate {
  perSecond: number;
  p99Milliseconds: number;
}

serveJob<RequestJob, RequestRate>(async (job) => {
  const connections = await Promise.all(Array.from({ length: job.connections }, () => RawConnection.open(job.target)));
  await connections[0]?.expect(200, job.request);
  await repeat(connections, job.request, job.warmupSeconds);
  return async () => {
    const seconds = stopwatch();
    const latencies = await repeat(connections, job.request, job.seconds);
    return { perSecond: latencies.length / seconds(), p99Milliseconds: (percentile(latencies, 0.99) ?? 0) * 1000 };
  };
});

/** Repeats a request on all connections and returns the seconds that each took. */
async function repeat(connections: RawConnection[], request: RawRequest, seconds: number): Promise<number[]> {
  const latencies: number[] = [];
  const passed = stopwatch();
  await Promise.all(
    connections.map(async (connection) => {
      const head = connection.headOf(request);
      while (passed() < seconds) {
        const start = passed();
        const { status } = await connection.exchange(head, request.method === 'HEAD');
        if (status !== 200) throw new Error(`${request.method} ${request.path}: ${status}`);
        latencies.push(passed() - start);
      }
    }),
  );
  return latencies;
}
