/** Lines of a hosts file, one for each address, in an order that does not change. */
export function hostsBlock(names: ReadonlyMap<string, string>): string[] {
  return [...names].map(([name, address]) => `${address}\t${name}`).sort();
}

const begin = (cluster: string) => `# longshore: begin ${cluster}`;
const end = (cluster: string) => `# longshore: end ${cluster}`;

/**
 * A hosts file with these lines as the block of a cluster, at its end; without lines there is no block. Whatever stands
 * outside of the block stays as it is; a mark without its counterpart goes alone. `cluster`: without spaces and line ends.
 */
export function withBlock(text: string, cluster: string, lines: readonly string[]): string {
  const kept = withoutBlocks(text, cluster);
  if (lines.length === 0) return kept;
  const start = kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`;
  return `${start}${[begin(cluster), ...lines, end(cluster)].join('\n')}\n`;
}

function withoutBlocks(text: string, cluster: string): string {
  const lines = text.split('\n');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === begin(cluster)) {
      const close = lines.indexOf(end(cluster), at);
      const next = lines.indexOf(begin(cluster), at + 1);
      if (close !== -1 && (next === -1 || next > close)) at = close;
    } else if (line !== end(cluster)) {
      kept.push(line);
    }
  }
  return kept.join('\n');
}
