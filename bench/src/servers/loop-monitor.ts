import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { loopMonitorVariable, socketPath } from './event-loop-delay.js';

// Loaded into each process of the measured server before its own code.
const dir = process.env[loopMonitorVariable];
if (isMainThread && dir !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  // Whoever connects gets the p99 in nanoseconds since the last connection.
  const server = createServer((socket) => {
    socket.end(String(delay.percentile(99)));
    delay.reset();
  });
  // A cluster worker would otherwise leave the listening to its primary, which would then answer for it.
  server.listen({ path: socketPath(dir, process.pid), exclusive: true });
  server.unref();
}
