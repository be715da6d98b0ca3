const BLOCK = 512;

/** A regular file in a tar archive. */
export interface TarEntry {
  /** At most 100 bytes. */
  path: string;
  content: Uint8Array;
  /** Permission bits. Default 0644. */
  mode?: number;
}

/** Packs files into a POSIX ustar archive that is the same on every machine: owner root, time 0. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const padding = (BLOCK - (entry.content.byteLength % BLOCK)) % BLOCK;
    parts.push(headerOf(entry), entry.content, Buffer.alloc(padding));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** POSIX.1-1988 ustar: the checksum is the sum of the header's bytes with spaces in the checksum field. */
function headerOf(entry: TarEntry): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => value.toString(8).padStart(length, '0');
  header.write(entry.path, 0, 100);
  header.write(octal(entry.mode ?? 0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(entry.content.byteLength, 11), 124);
  header.write(octal(0, 11), 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, 148);
  return header;
}
