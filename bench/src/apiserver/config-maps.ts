import { Agent, get } from 'node:https';
import { readFileSync } from 'node:fs';
import { RawConnection, type Target } from '../generators/raw-connection.js';
import { stopwatch } from '../stopwatch.js';

const NAMESPACE = 'load';
export const COLLECTION = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const PAGE = 500;
/** Makes config maps of about 1 KB. */
const VALUE = 'x'.repeat(880);

const nameOf = (at: number): string => `load-${String(at).padStart(7, '0')}`;

const configMap = (name: string) => ({
  kind: 'ConfigMap',
  metadata: { name, labels: { load: 'bench' } },
  data: { value: VALUE },
});

async function onConnections(
  target: Target,
  count: number,
  work: (connection: RawConnection) => Promise<void>,
): Promise<void> {
  const connections = await Promise.all(Array.from({ length: count }, () => RawConnection.open(target)));
  try {
    await Promise.all(connections.map(work));
  } finally {
    for (const connection of connections) connection.close();
  }
}

export async function createNamespace(target: Target): Promise<void> {
  await onConnections(target, 1, async (connection) => {
    await create(connection, '/api/v1/namespaces', { kind: 'Namespace', metadata: { name: NAMESPACE } });
  });
}

async function create(connection: RawConnection, path: string, object: object): Promise<void> {
  const body = Buffer.from(JSON.stringify({ apiVersion: 'v1', ...object }));
  const headers = { 'Content-Type': 'application/json' };
  await connection.expect(201, { method: 'POST', path, headers, body: { length: body.length, parts: [body] } });
}

/** Creates the objects from `from` up to but without `to`, over so many connections. Returns creations per second. */
export async function createAll(target: Target, from: number, to: number, connections: number): Promise<number> {
  let next = from;
  const seconds = stopwatch();
  await onConnections(target, connections, async (connection) => {
    for (let at = next++; at < to; at = next++) await create(connection, COLLECTION, configMap(nameOf(at)));
  });
  return (to - from) / seconds();
}

/** Reads single objects for so many seconds. Returns reads per second. */
export async function getRate(target: Target, objects: number, connections: number, duration: number): Promise<number> {
  let reads = 0;
  const seconds = stopwatch();
  await onConnections(target, connections, async (connection) => {
    while (seconds() < duration) {
      const path = `${COLLECTION}/${nameOf(Math.floor(Math.random() * objects))}`;
      await connection.expect(200, { method: 'GET', path });
      reads++;
    }
  });
  return reads / seconds();
}

/** Lists all objects in pages, as kubectl does. Returns their number and the seconds that it took. */
export async function listAll(target: Target): Promise<{ count: number; seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seconds = stopwatch();
  let count = 0;
  try {
    for (let next = ''; ;) {
      const text = await fetchText(target, `${COLLECTION}?limit=${PAGE}${next && `&continue=${next}`}`, agent);
      count += text.split('"name":"load-').length - 1;
      const token = /"continue":"([^"]+)"/.exec(text.slice(-1000))?.[1];
      if (token === undefined) return { count, seconds: seconds() };
      next = encodeURIComponent(token);
    }
  } finally {
    agent.destroy();
  }
}

export async function resourceVersion(target: Target): Promise<string> {
  const text = await fetchText(target, `${COLLECTION}?limit=1`, new Agent());
  return /"resourceVersion":"(\d+)"[^{}]*\}\s*\}\s*$/.exec(text)?.[1] ?? '';
}

function fetchText({ port, caFile, client }: Target, path: string, agent: Agent): Promise<string> {
  const ca = readFileSync(caFile ?? '');
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent, ca, ...client }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`GET ${path}: ${response.statusCode} ${text.slice(0, 500)}`));
      });
    });
    request.on('error', reject);
  });
}
