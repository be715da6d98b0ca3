import { cellsOf, columnTitles, headLines, type Report } from './report.js';

/** Columns that hold numbers are aligned to the right. */
const numeric = new Set([2, 3, 4]);

/** The report as aligned plain text. */
export function renderTable(report: Report): string {
  const lines = [columnTitles(report), ...report.rows.map(cellsOf)];
  const widths = columnTitles(report).map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  const [titles = '', ...rows] = lines.map((cells) => cells.map(pad).join('  ').trimEnd());
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return `${[...headLines(report), '', titles, rule, ...rows].join('\n')}\n`;
}
