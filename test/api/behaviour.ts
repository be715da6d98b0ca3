import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { difference } from './match.js';

/**
 * A behaviour of a Kubernetes API: requests in order, and what each must answer. Kept as YAML documents beside this file.
 * `${namespace}` is a namespace made for it; `${NAME}` is what an earlier step captured.
 */
export interface Behaviour {
  name: string;
  steps: Step[];
}

export interface Step {
  /** `POST /api/v1/namespaces/${namespace}/configmaps?dryRun=All` */
  request: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Sent as it is, where the form of the body matters. */
  text?: string;
  expect: {
    status: number;
    headers?: Record<string, string>;
    body?: unknown;
    /** For watches: events that must come, in this order; the connection is closed after the last one. */
    events?: unknown[];
  };
  /** Name to path in the answer (`metadata.resourceVersion`), for later steps. */
  capture?: Record<string, string>;
  /** Asks again until the answer is as expected, for at most 10 seconds: for what controllers do. */
  eventually?: boolean;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** How an API server is reached: by what the tests started, or by a kubeconfig. */
export interface Api {
  /** `events`: how many lines of a watch to wait for before it is ended; then `body` is their list. */
  send(request: {
    method: string;
    path: string;
    headers: Record<string, string>;
    body: string | undefined;
    events: number | undefined;
  }): Promise<Answer>;
}

const ROUNDS = 100;
const PAUSE_MS = 100;

/** All behaviours of the files in this folder, by file. */
export function readBehaviours(): { file: string; behaviours: Behaviour[] }[] {
  const folder = join(import.meta.dirname, 'behaviours');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => {
    const documents = parseAllDocuments(readFileSync(join(folder, file), 'utf8'));
    return { file: basename(file, '.yaml'), behaviours: documents.map((each) => each.toJS() as Behaviour) };
  });
}

/** Sends the requests; throws with the step and the difference at the first answer that is not as expected. */
export async function runBehaviour(api: Api, { steps }: Behaviour, namespace: string): Promise<void> {
  const values: Record<string, string> = { namespace };
  for (const [index, step] of steps.entries()) {
    const filled = fill(step, values) as Step;
    for (let round = 1; ; round++) {
      const answer = await send(api, filled);
      const problem = problemOf(answer, filled);
      if (problem === undefined) {
        Object.assign(values, captured(answer, filled));
        break;
      }
      if (!step.eventually || round === ROUNDS) throw new Error(`step ${index + 1}, ${filled.request}: ${problem}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function send(api: Api, { request, headers = {}, body, text, expect }: Step): Promise<Answer> {
  const [method = '', path = ''] = request.split(/ (.*)/s);
  const json = body === undefined ? undefined : JSON.stringify(body);
  const hasBody = json !== undefined || text !== undefined;
  const type: Record<string, string> = hasBody ? { 'content-type': 'application/json' } : {};
  return api.send({
    method,
    path,
    headers: { accept: 'application/json', ...type, ...headers },
    body: text ?? json,
    events: expect.events?.length,
  });
}

function problemOf({ status, headers, body }: Answer, { expect }: Step): string | undefined {
  if (status !== expect.status) return `expected ${expect.status}, got ${status}: ${JSON.stringify(body)}`;
  return (
    difference(headers, expect.headers ?? {}, 'headers') ??
    (expect.body === undefined ? undefined : difference(body, expect.body)) ??
    (expect.events === undefined ? undefined : difference(body, expect.events, 'events'))
  );
}

function captured({ body }: Answer, { capture = {} }: Step): Record<string, string> {
  return Object.fromEntries(
    Object.entries(capture).map(([name, path]) => {
      const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], body);
      if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`nothing to capture at ${path}`);
      return [name, String(value)];
    }),
  );
}

/** Puts the values into every string of the step. */
function fill(part: unknown, values: Record<string, string>): unknown {
  if (typeof part === 'string') return part.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  if (Array.isArray(part)) return part.map((each) => fill(each, values));
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [fill(key, values), fill(value, values)]));
}
