import { cellsOf, columnTitles, headLines, type Report } from './report.js';

const begin = '<!-- results -->';
const end = '<!-- end of results -->';

/** The report as a Markdown section. */
export function renderMarkdown(report: Report): string {
  const titles = columnTitles(report);
  const rule = titles.map((_, column) => (column >= 2 && column <= 4 ? '---:' : '---'));
  const table = [titles, rule, ...report.rows.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`);
  return `${begin}\n\n${headLines(report).join('. ')}.\n\n${table.join('\n')}\n\n${end}\n`;
}

/** Puts a section into a page in place of the one that is there; without one the section is the page. */
export function replaceSection(page: string, section: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) return section;
  return page.slice(0, from) + section.trimEnd() + page.slice(to + end.length);
}
