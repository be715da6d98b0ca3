import { tooLong } from '@longshore/apiserver';
import type { StatusCause } from '@longshore/kube';

/** Of all values of a config map or secret together. */
const MAX_DATA_BYTES = 1024 * 1024;

export const textBytes = (values: Readonly<Record<string, string>> = {}): number =>
  Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value), 0);

/** Of values in Base64. */
export const decodedBytes = (values: Readonly<Record<string, string>> = {}): number =>
  Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);

export function checkDataSize(bytes: number, field: string): StatusCause[] {
  return bytes > MAX_DATA_BYTES ? [{ ...tooLong(field, MAX_DATA_BYTES), field }] : [];
}
