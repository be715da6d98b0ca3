/** A change carries two values of at most 1.5 MiB in base64; etcd sends larger sets of changes in fragments. */
const MOST_BYTES = 64 * 2 ** 20;
const NEWLINE = 0x0a;

/** Lines of a body, without their ends. Errors: RangeError for a line that is too long. */
export async function* readLines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      yield Buffer.concat(parts).toString();
      parts = [];
      length = 0;
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MOST_BYTES) throw new RangeError(`a line of more than ${MOST_BYTES} bytes`);
  }
  if (length > 0) yield Buffer.concat(parts).toString();
}
