import { gunzipSync } from 'node:zlib';

/** Far above what fits an override; a bomb ends here. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The text of a data URL (RFC 2397), unpacked when it is compressed; undefined for other URLs and for what is no text. */
export function decodeResource(url: string | undefined, compression: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith('data:') || url.length > MAX_BYTES * 2) return undefined;
  const comma = url.indexOf(',');
  if (comma === -1) return undefined;
  const isBase64 = url.slice(0, comma).endsWith(';base64');
  try {
    const data = decodeURIComponent(url.slice(comma + 1));
    const bytes = Buffer.from(data, isBase64 ? 'base64' : 'utf8');
    const plain = compression === 'gzip' ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes;
    return new TextDecoder('utf-8', { fatal: true }).decode(plain);
  } catch {
    return undefined;
  }
}
