import { registrySchema } from './schema.js';
import type { Setting } from './setting.js';
import { joinPath } from './setting.js';

const INTRODUCTION = `# Configuration of the registry

<!-- Generated from packages/registry/src/config by renderConfigReference. Change it there. -->

The registry reads distribution's file, YAML with \`version: 0.1\`, and \`REGISTRY_*\` variables of the environment.
Complete files to begin with are in [examples/registry](../../examples/registry):
[minimal.yml](../../examples/registry/minimal.yml), [tls.yml](../../examples/registry/tls.yml),
[htpasswd-and-rules.yml](../../examples/registry/htpasswd-and-rules.yml),
[read-only.yml](../../examples/registry/read-only.yml), [limits.yml](../../examples/registry/limits.yml).

- **Mistakes.** An unknown key, a value of the wrong type and a driver that is not available are errors, each told with
  file, line and column, all at once: \`config.yml:7:3: storage.delte: unknown key; did you mean "delete"?\`
- **Variables.** Each key has a variable: its path in upper case with underscores. Its value is YAML, so a mapping or
  list can be given too: \`REGISTRY_STORAGE_MAINTENANCE_READONLY='{enabled: true}'\`. A mapping is merged with the file's,
  key by key; everything else replaces what the file says. An empty variable counts as not set.
- **Bare names.** \`REGISTRY_STORAGE=filesystem\` and \`REGISTRY_AUTH=htpasswd\` replace the whole section of the file.
- **Other programs' variables.** Those by which Kubernetes describes a Service named \`registry\`, \`REGISTRY_AUTH_FILE\`
  and \`REGISTRY_CONFIGURATION_PATH\` are passed over. Any other that fits no key is an error.
- **Durations** are written as in Go: \`500ms\`, \`10s\`, \`1m30s\`, \`168h\`. A number needs its unit, except \`0\`.
- **Sizes** are bytes, or have a unit: \`4MiB\` and \`4M\` are 4194304 bytes, \`4MB\` is 4000000.
- **YAML.** One document of at most 1 MiB, 50 levels and 100 aliases. Anchors, aliases and \`<<\` work. A key that is given
  twice is an error. \`null\` and an empty text are the same as leaving the key out. \`yes\`, \`no\`, \`on\` and \`off\` count as
  true and false.
`;

const OPENSHIFT_NOTE = `\`OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES\`, which OpenShift's operator sets, is a comma-separated list for
\`http.tls.ciphersuites\`. It and \`minimumtls\` alone, without a certificate, do not turn TLS on.
`;

/** The reference page of the configuration, Markdown as prettier leaves it. */
export function renderConfigReference(): string {
  const { shape } = registrySchema;
  const sections = Object.entries(shape.kind === 'section' ? shape.keys : {}).filter(
    ([
      ,
      {
        shape: { kind },
      },
    ]) => kind !== 'refused',
  );
  const rows = collect(registrySchema, '', true);
  const parts = sections.map(([name, setting]) => {
    const own = rows.filter(({ path, refused }) => !refused && (path === name || path.startsWith(`${name}.`)));
    const note = name === 'http' ? `\n${OPENSHIFT_NOTE}` : '';
    return `## \`${name}\`\n\n${setting.about}\n\n${renderTable(KEY_COLUMNS, own.map(keyCells))}${note}`;
  });
  const refused = rows.filter((row) => row.refused).map((row) => [code(row.path), escapeCell(row.about)]);
  const elsewhere = `## Keys that are refused\n\nThey may stand in a file when they are empty or ask for nothing (\`false\`), except storage drivers and \`auth\`.\n\n${renderTable(['Key', 'What is said'], refused)}`;
  return [INTRODUCTION, ...parts, elsewhere].join('\n');
}

const KEY_COLUMNS = ['Key', 'Type', 'Default', 'Variable', 'Meaning'];

interface Row {
  path: string;
  /** Absent for keys below a list, which have no variable. */
  variable?: string;
  type: string;
  fallback: string;
  about: string;
  refused: boolean;
}

function collect({ shape, about }: Setting<unknown>, path: string, hasVariable: boolean): Row[] {
  if (shape.kind === 'section' && Object.keys(shape.keys).length > 0) {
    return Object.entries(shape.keys).flatMap(([key, inner]) => collect(inner, joinPath(path, key), hasVariable));
  }
  const variable = hasVariable ? `REGISTRY_${path.replaceAll('.', '_').toUpperCase()}` : undefined;
  if (shape.kind === 'refused') return [{ path, variable, type: '', fallback: '', about, refused: true }];
  if (shape.kind === 'section')
    return [{ path, variable, type: 'an empty mapping', fallback: '–', about, refused: false }];
  const row = { path, variable, type: shape.type, fallback: shape.fallback, about, refused: false };
  const item = shape.kind === 'list' && shape.item?.shape.kind === 'section' ? shape.item : undefined;
  return item ? [row, ...collect(item, `${path}[]`, false)] : [row];
}

function keyCells({ path, variable, type, fallback, about }: Row): string[] {
  const plain = fallback === 'required' || fallback === '–';
  return [code(path), type, plain ? fallback : code(fallback), variable ? code(variable) : '–', about].map(escapeCell);
}

/** A table whose columns are as wide as their widest cell, as prettier wants it. */
function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[title, ...rows.map((row) => row[column]!)].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |\n`;
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

function code(text: string): string {
  return `\`${text}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
