import { ApiError } from '../api-error.js';
import type { KubeList, KubeObject } from '../object.js';
import { isStatus } from '../status.js';
import { readText, ResponseError } from './body-reader.js';
import { discard } from './retry.js';
import type { TransportResponse } from './transport.js';

const MAX_ERROR_BYTES = 1024 * 1024;

/** The error that an answer without success stands for. */
export async function apiErrorOf(response: TransportResponse): Promise<ApiError> {
  if (response.status >= 300 && response.status < 400) {
    await discard(response);
    return new ApiError(undefined, 'the server redirects, which its API never does', response.status);
  }
  const text = await readText(response.body, MAX_ERROR_BYTES);
  const body = ((): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  })();
  if (isStatus(body)) return ApiError.fromStatus({ code: response.status, ...body });
  return ApiError.fromHttpStatus(response.status, text);
}

/** Kubernetes leaves out the type of the items of a list. */
export function withType<T extends KubeObject>(item: T, { apiVersion, kind }: KubeList<T>): T {
  return { ...item, apiVersion: item.apiVersion ?? apiVersion, kind: item.kind ?? kind.replace(/List$/, '') };
}

/** Errors: {@link ResponseError}. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ResponseError('the answer of the server is no JSON', { cause: error });
  }
}

/** `299 - "text", 299 - "text"` (RFC 7234, section 5.5). */
export function parseWarnings(header: string): string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
