/** The first bytes behind all that begin with the prefix; undefined when there are none. */
export function behindPrefix(prefix: Buffer): Buffer | undefined {
  for (let end = prefix.length - 1; end >= 0; end--) {
    const byte = prefix[end];
    if (byte !== undefined && byte < 0xff) return Buffer.concat([prefix.subarray(0, end), Buffer.from([byte + 1])]);
  }
  return undefined;
}
