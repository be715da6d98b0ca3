import * as http from 'node:http';
import { expect } from 'vitest';
import { jsonOf, requestTo, type HttpResponse, type RequestOptions, type Target } from '@longshore/testkit';

export type Headers = NonNullable<RequestOptions['headers']>;
export type Body = RequestOptions['body'];

export const OCTETS = { 'content-type': 'application/octet-stream' };

export const get = (target: Target, path: string, headers: Headers = {}) => requestTo(target, path, { headers });

export const head = (target: Target, path: string, headers: Headers = {}) =>
  requestTo(target, path, { method: 'HEAD', headers });

export const del = (target: Target, path: string, headers: Headers = {}) =>
  requestTo(target, path, { method: 'DELETE', headers });

export const post = (target: Target, path: string, body?: Body, headers: Headers = {}) =>
  requestTo(target, path, { method: 'POST', headers, body });

export const patch = (target: Target, path: string, body: Body, headers: Headers = {}) =>
  requestTo(target, path, { method: 'PATCH', headers: { ...OCTETS, ...headers }, body });

export const put = (target: Target, path: string, body: Body, headers: Headers = {}) =>
  requestTo(target, path, { method: 'PUT', headers, body });

/** Sends a body when the server says 100, as RFC 9110 (10.1.1) has it. */
export function putAfterLeave(target: Target, path: string, body: Buffer, headers: Headers) {
  return new Promise<{ leave: boolean; status: number | undefined }>((resolve, reject) => {
    const all = { ...headers, 'content-length': String(body.length), expect: '100-continue' };
    const request = http.request(`${target.url}${path}`, { method: 'PUT', headers: all, agent: false });
    let leave = false;
    request.on('continue', () => {
      leave = true;
      request.end(body);
    });
    request.once('response', (response) => {
      response.resume();
      resolve({ leave, status: response.statusCode });
      request.destroy();
    });
    request.on('error', reject);
    request.flushHeaders();
  });
}

interface ErrorEntry {
  code: string;
  message: string;
  detail?: unknown;
}

/**
 * Expects one error as the API writes it (reference registry 1.4): JSON with code and message, no empty detail, and a
 * request id. Returns the detail.
 */
export function expectError(response: HttpResponse, status: number, code: string): unknown {
  const { headers } = response;
  const body = jsonOf(response) as { errors: ErrorEntry[] };
  expect({ status: response.status, code: body.errors[0]?.code }).toEqual({ status, code });
  expect(headers['content-type']).toBe('application/json');
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers['docker-distribution-api-version']).toBe('registry/2.0');
  expect(body).toEqual({ errors: [expect.objectContaining({ code, message: expect.stringMatching(/./) as string })] });
  const { detail } = body.errors[0] ?? {};
  if (detail !== undefined) expect(Object.keys(Object(detail) as object), 'an empty detail').not.toHaveLength(0);
  return detail;
}
