import { compare, parse } from 'semver';
import type { GraphEdge, UpdateGraph } from './update-graph.js';

/** One line for each version, the highest first, with the versions that it can be reached from; `*` marks the way. */
export function graphText({ nodes, edges }: UpdateGraph, path: readonly GraphEdge[] = []): string {
  const onPath = new Set(path.flatMap(({ from, to }) => [from, to]));
  const before = new Map<string, GraphEdge[]>();
  for (const edge of edges) {
    const known = before.get(edge.to);
    if (known === undefined) before.set(edge.to, [edge]);
    else known.push(edge);
  }
  const width = Math.max(0, ...nodes.map(({ version }) => version.length));
  const lines = [...nodes].reverse().map(({ version }) => {
    const sources = (before.get(version) ?? []).sort((a, b) => compare(b.from, a.from));
    const names = [...new Set(sources.map(({ from, risks }) => `${from}${risks.length > 0 ? '?' : ''}`))];
    const mark = onPath.has(version) ? '*' : ' ';
    return `${mark} ${version.padEnd(width)} ${names.length === 0 ? '' : `<- ${names.join(', ')}`}`.trimEnd();
  });
  return lines.map((line) => `${line}\n`).join('');
}

const [COLUMN, ROW, MARGIN] = [220, 36, 24];
const [BOX_WIDTH, BOX_HEIGHT] = [140, 24];

/**
 * A picture in SVG: a column for each minor version, patches from the top down, updates as lines. Those with risks are dashed, the
 * way is bold.
 */
export function graphSvg({ nodes, edges }: UpdateGraph, path: readonly GraphEdge[] = []): string {
  const places = placesOf(nodes.map(({ version }) => version));
  const columns = Math.max(0, ...[...places.values()].map(({ x }) => x)) + BOX_WIDTH + MARGIN;
  const rows = Math.max(0, ...[...places.values()].map(({ y }) => y)) + BOX_HEIGHT + MARGIN;
  const isOnPath = (edge: GraphEdge) => path.some(({ from, to }) => from === edge.from && to === edge.to);
  const stops = new Set(path.flatMap(({ from, to }) => [from, to]));
  const lines = edges.flatMap((edge) => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    if (from === undefined || to === undefined) return [];
    const style = `${edge.risks.length > 0 ? ' stroke-dasharray="4 3"' : ''}${isOnPath(edge) ? ' stroke="#c60" stroke-width="3"' : ''}`;
    return [`<path d="${curve(from, to)}"${style}/>`];
  });
  const boxes = [...places].map(([version, { x, y }]) => {
    const fill = stops.has(version) ? '#fd9' : '#fff';
    const label = `<text x="${x + BOX_WIDTH / 2}" y="${y + 16}">${escaped(version)}</text>`;
    return `<rect x="${x}" y="${y}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="4" fill="${fill}"/>${label}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${columns}" height="${rows}" viewBox="0 0 ${columns} ${rows}">`,
    `<g fill="none" stroke="#999">${lines.join('')}</g>`,
    `<g stroke="#333" font-family="sans-serif" font-size="12" text-anchor="middle">`,
    ...boxes.map((box) => box.replace('<text', '<text stroke="none"')),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

interface Place {
  x: number;
  y: number;
}

/** @param versions from the lowest to the highest */
function placesOf(versions: readonly string[]): Map<string, Place> {
  const minors = new Map<string, string[]>();
  for (const version of versions) {
    const { major, minor } = parse(version) ?? { major: 0, minor: 0 };
    const key = `${major}.${minor}`;
    minors.set(key, [...(minors.get(key) ?? []), version]);
  }
  const columns = [...minors.values()];
  return new Map(
    columns.flatMap((column, x) =>
      column.map((version, y) => [version, { x: MARGIN + x * COLUMN, y: MARGIN + y * ROW }] as const),
    ),
  );
}

/** From the right side of a box to the left side of another; inside a column around it. */
function curve(from: Place, to: Place): string {
  const [startX, startY] = [from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2];
  const endX = from.x === to.x ? to.x + BOX_WIDTH : to.x;
  const endY = to.y + BOX_HEIGHT / 2;
  const bend = 30;
  const second = from.x === to.x ? endX + bend : endX - bend;
  return `M${startX} ${startY}C${startX + bend} ${startY} ${second} ${endY} ${endX} ${endY}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
