import { runCommand } from '../children.js';
import { treeCpuSeconds } from '../process-tree.js';
import type { RunningServer } from '../servers/running-server.js';

export class CurlError extends Error {
  readonly code = 'CURL_FAILED';
}

/**
 * Downloads a blob several times over one HTTP/1.1 connection. Returns the bytes, the seconds that the transfers took,
 * and the processor time in seconds of the server.
 */
export async function download(server: RunningServer, path: string, size: number, transfers: number) {
  const cpuBefore = treeCpuSeconds(server.pid);
  const trust = server.target.caFile === undefined ? [] : ['--cacert', server.target.caFile];
  const request = ['-sS', '--http1.1', ...trust, '-H', `Authorization: ${server.target.authorization}`];
  const report = ['-w', '%{http_code} %{size_download} %{time_total}\\n'];
  const urls = Array.from({ length: transfers }, () => ['-o', '/dev/null', server.url(path)]).flat();
  const output = await runCommand('curl', [...request, ...report, ...urls]);
  const seconds = sumOfTimes(output, size);
  return { bytes: size * transfers, seconds, cpuSeconds: treeCpuSeconds(server.pid) - cpuBefore };
}

/** Adds up the times in curl's report. Errors: CURL_FAILED for a transfer that was not 200 or not whole. */
export function sumOfTimes(report: string, size: number): number {
  const transfers = report.trim().split('\n');
  return transfers.reduce((sum, line) => {
    const [status, bytes, seconds] = line.split(' ').map(Number);
    if (status !== 200 || bytes !== size || seconds === undefined) throw new CurlError(`curl: ${line}`);
    return sum + seconds;
  }, 0);
}
