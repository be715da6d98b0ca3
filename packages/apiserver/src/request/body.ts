import type { IncomingMessage } from 'node:http';
import { badRequest, tooLarge, unsupportedMediaType } from '@longshore/kube';
import { decodeProtobuf } from '../protobuf/decode-message.js';
import { messageOfKind } from '../protobuf/messages.js';
import { ProtobufError } from '../protobuf/wire.js';
import type { ObjectShape } from '../rest/decode-object.js';
import { isTooDeep } from '../schema/json.js';
import { inspectJson } from './json-text.js';
import { parseMediaType } from './media-type.js';
import { readYaml } from './yaml-text.js';

/** What kube-apiserver takes (`MaxRequestBodyBytes`). */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** So much more is read and thrown away, because many clients look at the answer only when they have sent everything. */
const MAX_DRAINED_BYTES = 16 * 1024 * 1024;

/** Errors: `RequestEntityTooLarge`; rejects when the client leaves. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks = [];
      if (bytes > MAX_BODY_BYTES + MAX_DRAINED_BYTES) {
        request.removeAllListeners('data');
        reject(bodyTooLarge());
      }
    });
    request.on('end', () => {
      if (bytes > MAX_BODY_BYTES) reject(bodyTooLarge());
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    const left = () => {
      if (!request.complete) reject(new Error('the client closed the connection'));
    };
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
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

export type BodyFormat = 'json' | 'yaml' | 'protobuf';

/** What a body should be, as far as reading it needs to know. */
export type BodyShape = Pick<ObjectShape, 'group' | 'version' | 'kind'>;

/**
 * Protobuf is read for Kubernetes' own kinds: `kubectl create` sends nothing else for them. Errors: `UnsupportedMediaType`.
 */
export function checkObjectType(contentType: string | undefined, { group, version, kind }: BodyShape): BodyFormat {
  if (contentType === undefined || contentType === '' || contentType === 'application/json') return 'json';
  const type = parseMediaType(contentType)?.type;
  if (type === 'application/json') return 'json';
  if (type === 'application/yaml') return 'yaml';
  const isKnown = messageOfKind(group, version, kind) !== undefined;
  if (type === PROTOBUF && isKnown) return 'protobuf';
  throw unknownFormat(isKnown ? `${OBJECT_TYPES}, ${PROTOBUF}` : OBJECT_TYPES);
}

/** `UnsupportedMediaType`, with the types that would be taken. */
export function unknownFormat(accepted: string) {
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  );
}

/** Errors: `BadRequest`. */
export function parseBody(bytes: Buffer, format: BodyFormat, shape: BodyShape): ParsedBody {
  const unrecognized = (problem: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${shape.kind}): ${problem}`);
  const parse = { json: parseJson, yaml: parseYaml, protobuf: parseProtobuf }[format];
  const parsed = parse(bytes, unrecognized, shape);
  if (parsed.isTooDeep) throw badRequest('the body is nested too deeply');
  return parsed;
}

function parseProtobuf(bytes: Buffer, unrecognized: Refuse, { group, version, kind }: BodyShape) {
  try {
    const value = decodeProtobuf(bytes, group, version, kind);
    return { value, duplicates: [], isTooDeep: isTooDeep(value) };
  } catch (error) {
    if (error instanceof ProtobufError) throw unrecognized(error.message);
    throw error;
  }
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
    const { value, duplicates } = readYaml(bytes.toString());
    return { value, duplicates, isTooDeep: isTooDeep(value) };
  } catch (error) {
    throw unrecognized(`couldn't get version/kind; yaml parse error: ${(error as Error).message}`);
  }
}
