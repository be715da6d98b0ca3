import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]{1,128}={0,2}$/;
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** The key in a secret as Standard Webhooks writes it, `whsec_` and Base64 of 24 to 64 bytes; undefined for what is none. */
export function signingKeyOf(secret: string): Buffer | undefined {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  if (!BASE64.test(encoded)) return undefined;
  const key = Buffer.from(encoded, 'base64');
  return key.length < MIN_BYTES || key.length > MAX_BYTES ? undefined : key;
}

/** The headers by which a receiver knows who sent a body, and when (Standard Webhooks 1.0, HMAC-SHA256). */
export function signatureHeaders(key: Buffer, id: string, now: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
