import { formatPath, type Path } from '../source/diagnostic.js';
import { Report } from '../source/report.js';
import type { Field } from '../schema/field.js';
import { fieldsOf } from '../schema/structs.js';
import { ignitionVersion, type Dialect } from '../schema/variants.js';
import { encodeDataUrl, type ContentsEncoding } from '../spec/data-url.js';
import { traced, tracedList, tracedObject, type Traced, type TracedObject } from '../spec/traced.js';
import { checkEmbeddedConfig, isConfigReference } from './embedded-config.js';
import { LocalFileError, readLocalFile, type LocalFiles } from './local-files.js';
import { objectsIn, stringIn, stringsIn, type Value, type Values } from './values.js';

/** What goes beside the fields that Butane and Ignition share, by the name of the object. */
type Sugar = (values: Values, to: TracedObject, from: Path) => void;

/** Turns the sections of the base schema into an Ignition config; faults of local files are reported (edge.md 1.2, stage 5). */
export class Translator {
  readonly #sugar: Record<string, Sugar | undefined> = {
    Ignition: (_, to) => to.fields.set('version', traced(ignitionVersion(this.dialect.level), ['version'])),
    Reference: (values, to, from) => this.#resource(values, to, from),
    Resource: (values, to, from) => this.#resource(values, to, from),
    PasswdUser: (values, to, from) => this.#localKeys(values, to, from),
    Unit: (values, to, from) => this.#localContents(values, to, from),
    Dropin: (values, to, from) => this.#localContents(values, to, from),
  };

  constructor(
    readonly dialect: Dialect,
    private readonly options: { files?: LocalFiles; all?: boolean },
    readonly report: Report,
  ) {}

  get files(): LocalFiles | undefined {
    return this.options.files;
  }

  /** How contents are written: Butane 1.0 knows percent escapes only (edge.md 1.5). */
  get encoding(): ContentsEncoding {
    if (this.dialect.level === 0) return 'escape';
    return this.dialect.autoCompression ? 'smallest' : 'plain';
  }

  /** The Ignition config of what needs no other section to be translated. */
  config(values: Values): TracedObject {
    const config = this.object('Config', values, []);
    if (!config.fields.has('ignition')) config.fields.set('ignition', this.object('Ignition', {}, ['ignition']));
    return config;
  }

  /** One object. */
  object(struct: string, values: Values, from: Path): TracedObject {
    const { level } = this.dialect;
    const to = tracedObject(from);
    for (const field of fieldsOf(struct, level)) {
      if (field.json === undefined) continue;
      const value = values[field.name];
      const at = [...from, field.name];
      if (value !== undefined) to.fields.set(field.json, this.#value(value, field, at));
      else if (field.plainUntil >= level) to.fields.set(field.json, traced('', at));
    }
    this.#sugar[struct]?.(values, to, from);
    return to;
  }

  /** Writes contents into a resource, compressed unless the author said how. */
  setContents(resource: TracedObject, contents: Uint8Array, from: Path): void {
    const given = resource.fields.get('compression');
    const named = given?.kind === 'scalar' && given.value !== '';
    const { source, compression } = encodeDataUrl(
      contents,
      named && this.encoding === 'smallest' ? 'plain' : this.encoding,
    );
    resource.fields.set('source', traced(source, from));
    if (!named && this.dialect.level > 0) resource.fields.set('compression', traced(compression, from));
  }

  /** Reads a local file; reports and returns undefined when it cannot be read. */
  read(path: string, from: Path): Uint8Array | undefined {
    return this.reporting(from, () => readLocalFile(path, this.files));
  }

  /** Does something with local files; reports and returns undefined when that fails. */
  reporting<T>(from: Path, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof LocalFileError)) throw error;
      this.report.error(from, error.code, error.message);
      return undefined;
    }
  }

  #value(value: Value, { type, name }: Field, from: Path): Traced {
    if (type.kind === 'struct') return this.object(type.struct, value as Values, from);
    if (type.kind === 'list') {
      const items = objectsIn({ [name]: value }, name);
      return tracedList(
        from,
        items.map((item, index) => this.object(type.struct, item, [...from, index])),
      );
    }
    if (type.kind === 'strings') {
      const items = stringsIn({ [name]: value }, name);
      return tracedList(
        from,
        items.map((item, index) => traced(item, [...from, index])),
      );
    }
    return traced(value as string | number | boolean, from);
  }

  #resource(values: Values, to: TracedObject, from: Path): void {
    const local = stringIn(values, 'local');
    if (local !== undefined) {
      const contents = this.read(local, [...from, 'local']);
      if (contents) this.setContents(to, contents, [...from, 'local']);
      if (contents && this.options.all && isConfigReference(from)) this.#checkLocalConfig(contents, from);
    }
    const inline = stringIn(values, 'inline');
    if (inline !== undefined) this.setContents(to, Buffer.from(inline, 'utf8'), [...from, 'inline']);
  }

  /** The reference does not look into local configs (edge.md 1.10, gap 2). What is wrong in one is told where it is named. */
  #checkLocalConfig(contents: Uint8Array, from: Path): void {
    const found = new Report(this.report.stage);
    checkEmbeddedConfig(Buffer.from(contents).toString('utf8'), from, 'local', this.dialect.level, found);
    for (const { severity, code, path, message } of found.entries) {
      const ofReference = code === 'config-invalid' || code === 'merge-version-unknown';
      const place = ofReference || path.length === 0 ? '' : `${formatPath(path)}: `;
      this.report[severity]([...from, 'local'], code, place + message);
    }
  }

  #localKeys(values: Values, to: TracedObject, from: Path): void {
    const paths = stringsIn(values, 'ssh_authorized_keys_local');
    if (paths.length === 0) return;
    const at = [...from, 'ssh_authorized_keys_local'];
    if (!this.files) {
      this.report.error(at, 'files-dir-missing');
      return;
    }
    const inline = to.fields.get('sshAuthorizedKeys');
    const items = inline?.kind === 'list' ? [...inline.items] : [];
    paths.forEach((path, index) => {
      const keys = Buffer.from(this.read(path, [...at, index]) ?? []).toString('utf8');
      for (const key of keys.split(/\r?\n/)) if (key !== '') items.push(traced(key, [...at, index]));
    });
    to.fields.set('sshAuthorizedKeys', tracedList(at, items));
  }

  #localContents(values: Values, to: TracedObject, from: Path): void {
    const path = stringIn(values, 'contents_local');
    if (!path) return;
    const at = [...from, 'contents_local'];
    const contents = this.read(path, at);
    if (contents) to.fields.set('contents', traced(Buffer.from(contents).toString('utf8'), at));
  }
}
