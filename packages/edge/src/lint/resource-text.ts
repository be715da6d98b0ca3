import { DataUrlError, decodeDataUrl } from '@longshore/ignition';

/** The text of a data URL, unpacked when it is compressed; undefined for other URLs and for what is no text. */
export function decodeResource(url: string | undefined, compression: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith('data:')) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(decodeDataUrl(url, compression));
  } catch (error) {
    // What is wrong with the URL is told by EL033.
    if (error instanceof DataUrlError || error instanceof TypeError) return undefined;
    throw error;
  }
}
