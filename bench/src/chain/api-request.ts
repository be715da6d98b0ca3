import { readFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Target } from '../generators/raw-connection.js';

/** What `node:https` is told to reach an API server as the administrator. */
export function apiOptions({ port, caFile, client }: Target): RequestOptions {
  return { host: '127.0.0.1', port, ca: readFileSync(caFile ?? ''), ...client };
}

/** Creates an object and returns what the server answers. Errors: Error with an answer other than 201. */
export function postJson(api: Target, path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...apiOptions(api), path, method: 'POST', headers }, (response) => {
      text(response).then((answer) => {
        if (response.statusCode === 201) resolve(JSON.parse(answer));
        else reject(new Error(`POST ${path}: ${response.statusCode} ${answer.slice(0, 500)}`));
      }, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
