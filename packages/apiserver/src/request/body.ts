import type { IncomingMessage } from 'node:http';
import { badRequest, tooLarge, unsupportedMediaType } from '@longshore/kube';
import { parseDocument } from 'yaml';
import { isTooDeep } from '../schema/json.js';
import { inspectJson } from './json-text.js';
import { parseMediaType } from './media-type.js';

/** What kube-apiserver takes (`MaxRequestBodyBytes`). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Errors: `RequestEntityTooLarge`; rejects when the client leaves. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > MAX_BODY_BYTES) return Promise.reject(bodyTooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) {
        request.removeAllListeners('data');
        reject(bodyTooLarge());
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const left = () => reject(new Error('the client closed the connection'));
    request.on('close', left);
    request.on('error', left);
  });
}

function bodyTooLarge() {
  return tooLarge(`Request entity is too large: limit is ${MAX_BODY_BYTES}`);
}

/** A body as a value, and the keys that stand twice in it. */
export interface ParsedBody {
  value: unknown;
  duplicates: string[];
}

const OBJECT_TYPES = 'application/json, application/yaml';

/** Errors: `UnsupportedMediaType`, which makes clients that wrote protobuf write JSON. */
export function checkObjectType(contentType: string | undefined): 'json' | 'yaml' {
  if (contentType === undefined || contentType === '' || contentType === 'application/json') return 'json';
  const type = parseMediaType(contentType)?.type;
  if (type === 'application/json') return 'json';
  if (type === 'application/yaml') return 'yaml';
  throw unknownFormat(OBJECT_TYPES);
}

export function unknownFormat(accepted: string) {
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}

/** `kind`: what the body should be, for the message. Errors: `BadRequest`. */
export function parseBody(bytes: Buffer, format: 'json' | 'yaml', kind: string): ParsedBody {
  const unrecognized = (problem: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${problem}`);
  const parsed = format === 'json' ? parseJson(bytes, unrecognized) : parseYaml(bytes, unrecognized);
  if (parsed.isTooDeep) throw badRequest('the body is nested too deeply');
  return parsed;
}

type Refuse = (problem: string) => Error;

function parseJson(bytes: Buffer, unrecognized: Refuse) {
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unrecognized(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  return { value, ...inspectJson(text) };
}

function parseYaml(bytes: Buffer, unrecognized: Refuse) {
  try {
    const document = parseDocument(bytes.toString(), { uniqueKeys: true, logLevel: 'silent' });
    const [duplicates, others] = [[] as string[], [] as string[]];
    for (const { code, message } of document.errors) (code === 'DUPLICATE_KEY' ? duplicates : others).push(message);
    if (others[0] !== undefined) throw new Error(others[0]);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, duplicates, isTooDeep: isTooDeep(value) };
  } catch (error) {
    throw unrecognized(`couldn't get version/kind; yaml parse error: ${(error as Error).message}`);
  }
}
