import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction, Probe, TCPSocketAction } from 'kubernetes-types/core/v1.js';

/** What a probe needs of the container that it looks at. */
export interface ProbeTarget {
  container: Container;
  podIp: string;
  /** Runs a command as the container would; resolves with its exit code. */
  exec(command: readonly string[], signal: AbortSignal): Promise<number>;
}

/** Undefined when all is well, else what is wrong, as events tell it. */
export type ProbeFailure = string | undefined;

/** Asks once. Never throws. */
export async function probeOnce(probe: Probe, target: ProbeTarget, stop: AbortSignal): Promise<ProbeFailure> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout((probe.timeoutSeconds ?? 1) * 1000)]);
  try {
    if (probe.httpGet) return await httpProbe(probe.httpGet, target, signal);
    if (probe.tcpSocket) return await tcpProbe(probe.tcpSocket, target, signal);
    if (probe.exec) {
      const code = await target.exec(probe.exec.command ?? [], signal);
      return code === 0 ? undefined : `command ended with exit code ${code}`;
    }
    return 'the local runtime has no probes of this type: use httpGet, tcpSocket or exec';
  } catch (error) {
    return signal.aborted ? 'context deadline exceeded' : (error as Error).message;
  }
}

/** Answers of 200 to 399 are success (`pkg/probe/http`). Certificates are not checked, as with kubelets. */
export function httpGet(
  { host, path = '/', port, scheme = 'HTTP', httpHeaders = [] }: HTTPGetAction,
  { container, podIp }: Pick<ProbeTarget, 'container' | 'podIp'>,
  signal: AbortSignal,
): Promise<number> {
  const send = scheme === 'HTTPS' ? httpsRequest : httpRequest;
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.32', accept: '*/*' };
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  return new Promise((resolve, reject) => {
    const options = {
      host: host || podIp,
      port: portNumber(port, container),
      path: path.startsWith('/') ? path : `/${path}`,
      headers,
      rejectUnauthorized: false,
      agent: false as const,
      signal,
    };
    const sent = send(options, (response) => {
      response.resume();
      response.on('error', () => undefined);
      resolve(response.statusCode ?? 0);
      sent.destroy();
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function httpProbe(action: HTTPGetAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeFailure> {
  const status = await httpGet(action, target, signal);
  return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`;
}

function tcpProbe({ host, port }: TCPSocketAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeFailure> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host || target.podIp, port: portNumber(port, target.container) });
    const give = (finish: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      finish();
    };
    const onAbort = () => give(() => reject(signal.reason as Error));
    signal.addEventListener('abort', onAbort);
    socket.on('connect', () => give(() => resolve(undefined)));
    socket.on('error', (error) => give(() => reject(error)));
  });
}

/** A port by number, or by the name that the container gives it. Errors: `RangeError` for a name that it does not give. */
function portNumber(port: number | string, { ports = [] }: Container): number {
  if (typeof port === 'number') return port;
  if (/^\d{1,5}$/.test(port)) return Number(port);
  const named = ports.find(({ name }) => name === port)?.containerPort;
  if (named === undefined) throw new RangeError(`the container has no port ${port}`);
  return named;
}
