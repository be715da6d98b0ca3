import { ApiError } from '../api-error.js';
import { isJsonObject } from '../json.js';
import type { KubeObject } from '../object.js';
import { isStatus } from '../status.js';
import { ResponseError } from './body-reader.js';

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/** Errors: {@link ApiError} for an event of type `ERROR`, {@link ResponseError} for what is no event. */
export function parseWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const malformed = (cause?: unknown) => new ResponseError('an event of the watch is malformed', { cause });
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw malformed(error);
  }
  if (!isJsonObject(event) || !isJsonObject(event['object'])) throw malformed();
  const { type, object } = event;
  if (type === 'ERROR' && isStatus(object)) throw ApiError.fromStatus(object);
  if (typeof type !== 'string' || !TYPES.has(type) || !isJsonObject(object['metadata'])) throw malformed();
  return { type: type as WatchEvent['type'], object: object as unknown as T };
}
