import { type DiskStretch, stretchesOf } from './disk-text.js';
import type { DiskLayout } from './layout.js';
import { formatMiB } from './size.js';

const WIDTH = 960;
const BAR_TOP = 48;
const BAR_HEIGHT = 72;
const LEGEND_TOP = BAR_TOP + BAR_HEIGHT + 32;
const LINE = 22;
const COLOURS = { system: '#8a8d90', root: '#2b9af3', created: '#3e8635', kept: '#8476d1', free: '#d2d2d2' } as const;

/** The disk as an SVG: a bar to scale (partitions too small to see get two pixels) and a legend. */
export function diskSvg(layout: DiskLayout): string {
  const stretches = stretchesOf(layout);
  const height = LEGEND_TOP + stretches.length * LINE + 12;
  const size = layout.diskMiB === undefined ? 'size unknown' : formatMiB(layout.diskMiB);
  const title = escapeXml(`${layout.disk}, ${size}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="14">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="28" font-size="16" font-weight="bold">${title}</text>`,
    ...bar(stretches),
    ...stretches.map(legend),
    '</svg>',
    '',
  ].join('\n');
}

function bar(stretches: readonly DiskStretch[]): string[] {
  const inner = WIDTH - 24;
  // A disk of unknown size is drawn with the unknown parts as large as all known ones.
  const known = stretches.reduce((sum, { sizeMiB = 0 }) => sum + sizeMiB, 0);
  const weightOf = ({ sizeMiB }: DiskStretch) => Math.max(sizeMiB ?? known, (known / inner) * 2);
  const total = stretches.reduce((sum, stretch) => sum + weightOf(stretch), 0);
  let x = 12;
  return stretches.map((stretch) => {
    const width = (weightOf(stretch) / total) * inner;
    const label = escapeXml(stretch.label);
    const rect = `<rect x="${x.toFixed(1)}" y="${BAR_TOP}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${COLOURS[stretch.kind]}" stroke="#151515"><title>${label}</title></rect>`;
    const middle = (x + width / 2).toFixed(1);
    x += width;
    if (stretch.label.length * 9 > width) return rect;
    const colour = stretch.kind === 'free' ? '#151515' : '#ffffff';
    return `${rect}<text x="${middle}" y="${BAR_TOP + BAR_HEIGHT / 2 + 5}" text-anchor="middle" fill="${colour}">${label}</text>`;
  });
}

function legend({ label, startMiB, sizeMiB, note, kind }: DiskStretch, index: number): string {
  const y = LEGEND_TOP + index * LINE;
  const size = sizeMiB === undefined ? 'the rest' : formatMiB(sizeMiB);
  const from = startMiB === undefined ? '' : `from ${startMiB} MiB, `;
  const text = escapeXml(`${label}: ${from}${size}${note === '' ? '' : `, ${note}`}`);
  return `<rect x="12" y="${y - 11}" width="12" height="12" fill="${COLOURS[kind]}" stroke="#151515"/><text x="32" y="${y}">${text}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
