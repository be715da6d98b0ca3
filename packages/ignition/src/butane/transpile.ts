import { CATALOGUE, type Code } from '../source/catalogue.js';
import { hasErrors, type Diagnostic, type Path, type Stage } from '../source/diagnostic.js';
import { InputError, inputText } from '../source/input-text.js';
import type { LineIndex } from '../source/line-index.js';
import { Report } from '../source/report.js';
import { deepestNode, entryOf, nodeAt, type SourceNode } from '../source/source-node.js';
import { readYaml, type YamlSource } from '../source/yaml-reader.js';
import { string, sugar } from '../schema/field.js';
import { findDialect, type Dialect } from '../schema/variants.js';
import { checkIgnition } from '../spec/checks.js';
import { findDuplicates } from '../spec/duplicates.js';
import { encodeJson } from '../spec/encode-json.js';
import type { IgnitionConfig } from '../spec/ignition-config.js';
import { plainObject, sourcePath, type TracedObject } from '../spec/traced.js';
import { addBootDevice } from './boot-device.js';
import { Decoder } from './decoder.js';
import { encodeYaml } from './encode-yaml.js';
import { checkFilters } from './filters.js';
import { checkBeyondReference } from './gap-checks.js';
import { addGrubUsers } from './grub.js';
import type { LocalFiles } from './local-files.js';
import { addMountUnits } from './mount-units.js';
import { adaptToCluster, checkClusterSupport, machineConfig, reportElidedFields } from './openshift.js';
import { checkImagePartitions } from './partition-checks.js';
import { addQuadlets } from './quadlets.js';
import { checkSource } from './source-checks.js';
import { Translator } from './translator.js';
import { addTrees } from './trees.js';
import { findUnusedKeys } from './unused-keys.js';
import { objectIn, stringIn, type Values } from './values.js';

export interface TranspileOptions {
  /** Where `local` files and trees are read from; without it they are errors. */
  files?: LocalFiles;
  /** Never wrap into a MachineConfig. */
  raw?: boolean;
  /** Indent JSON by two spaces. */
  pretty?: boolean;
  /**
   * Collect the problems of all stages and those that the reference passes over (edge.md 1.10): unknown keys and invalid local
   * configs are errors, mount paths are checked for OpenShift too, nothing is told twice.
   */
  all?: boolean;
}

export interface TranspileResult {
  /** The text for standard output, with its line feed; absent when there are errors. */
  output?: string;
  /** The Ignition config, also when it is wrapped into a MachineConfig; absent when there are errors. */
  ignition?: IgnitionConfig;
  report: Diagnostic[];
  /** In one line, why there is no output. */
  failure?: string;
}

/** A stage has found errors: what comes later would only repeat them. */
class StageFailure extends Error {
  override readonly name = 'StageFailure';

  constructor(readonly reason: string) {
    super(reason);
  }
}

/** Translates a Butane config (edge.md 1). Never throws for a text; what is wrong with it stands in the report. */
export function transpile(input: string | Uint8Array, options: TranspileOptions = {}): TranspileResult {
  const run = new Transpilation(options);
  try {
    return { ...run.translate(input), report: run.report() };
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    return { report: run.report(), failure: error.reason };
  }
}

class Transpilation {
  readonly #report: Diagnostic[] = [];
  /** The first stage that had errors; with `all`, the later ones are run nevertheless. */
  #failure?: string;

  constructor(private readonly options: TranspileOptions) {}

  report(): Diagnostic[] {
    return this.options.all ? withoutRepetition(this.#report) : this.#report;
  }

  translate(input: string | Uint8Array): Omit<TranspileResult, 'report'> {
    const source = this.#read(input);
    const dialect = this.#dialect(source);
    const { root } = source;
    if (!root) throw new StageFailure(CATALOGUE['variant-missing']);
    const values = this.#decode(source, root, dialect);
    this.#checkKeys(source, root, values, dialect);
    this.#stage('source', source, (report) => {
      checkSource(values, dialect, report);
      if (this.options.all) checkBeyondReference(values, dialect, report);
    });
    const config = this.#translated(source, values, dialect);
    const ignition = this.#checked(source, config, dialect);
    if (this.#failure !== undefined) throw new StageFailure(this.#failure);
    return { ignition, output: this.#encode(ignition, values, dialect) };
  }

  #read(input: string | Uint8Array): YamlSource {
    try {
      return readYaml(inputText(input));
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown, prefix = 'Error unmarshaling yaml: '): StageFailure {
    if (!(error instanceof InputError)) throw error;
    const { code, message, position } = error;
    this.#report.push({ severity: 'error', code, message, stage: 'read', path: [], ...(position && { position }) });
    return new StageFailure(`${prefix}${message}`);
  }

  /** Reads variant and version only: what else there may be depends on them (edge.md 1.2, stage 1). */
  #dialect({ root, lines }: YamlSource): Dialect {
    if (!root) throw this.#header([], 'variant-missing', lines, root);
    const { values, errors } = this.#decodeHeader(root, lines);
    const failure = this.#decodeFailure(errors);
    if (failure !== undefined) throw new StageFailure(`Error unmarshaling yaml: ${failure}`);
    const variant = stringIn(values, 'variant') ?? '';
    const version = stringIn(values, 'version') ?? '';
    if (variant === '') throw this.#header(['variant'], 'variant-missing', lines, root);
    const canonical = canonicalVersion(version);
    if (canonical === undefined) throw this.#header(['version'], 'version-invalid', lines, root);
    const dialect = findDialect(variant, canonical);
    if (dialect) return dialect;
    if (variant === 'rhcos' && canonical === '0.1.0') throw this.#header(['variant'], 'variant-removed', lines, root);
    const message = `No translator exists for variant ${variant} with version ${canonical}`;
    throw this.#header(['version'], 'version-unknown', lines, root, message);
  }

  #decodeHeader(root: SourceNode, lines: LineIndex): { values: Values; errors: Decoder['errors'] } {
    const decoder = new Decoder(lines, 0);
    try {
      return { values: decoder.fields(root, HEADER, [], 'common.Common'), errors: decoder.errors };
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #header(
    path: Path,
    code: Code,
    lines: LineIndex,
    root?: SourceNode,
    message: string = CATALOGUE[code],
  ): StageFailure {
    const position = root && lines.position(deepestNode(root, path).offset);
    this.#report.push({ severity: 'error', code, message, stage: 'read', path, ...(position && { position }) });
    return new StageFailure(message);
  }

  #decode({ lines }: YamlSource, root: SourceNode, dialect: Dialect): Values {
    const decoder = new Decoder(lines, dialect.level);
    let values: Values;
    try {
      values = decoder.fields(root, dialect.sections, [], 'Config');
    } catch (error) {
      throw this.#unreadable(error, '');
    }
    this.#fail(this.#decodeFailure(decoder.errors));
    return values;
  }

  #decodeFailure(errors: Decoder['errors']): string | undefined {
    if (errors.length === 0) return undefined;
    this.#report.push(...errors.map(({ diagnostic }) => diagnostic));
    const lines = errors.map(({ line, diagnostic }) => `\n  line ${line}: ${diagnostic.message}`);
    return `yaml: unmarshal errors:${lines.join('')}`;
  }

  #checkKeys(source: YamlSource, root: SourceNode, values: Values, dialect: Dialect): void {
    const report = new Report('keys');
    findUnusedKeys(root, values, dialect.sections, dialect.level, report);
    if (this.options.all) report.escalate('unused-key');
    this.#add(report.entries, source);
    if (hasErrors(report.entries)) this.#fail('source config is invalid');
  }

  #translated(source: YamlSource, values: Values, dialect: Dialect): TracedObject {
    const report = new Report('translate');
    const translator = new Translator(dialect, this.options, report);
    const storage = objectIn(values, 'storage');
    let config = addMountUnits(translator.config(values), storage, dialect.level);
    addTrees(config, storage, translator);
    addQuadlets(config, values, translator);
    this.#add(report.entries, source);
    if (hasErrors(report.entries)) this.#fail('source config is invalid');
    const bootable = dialect.sections.some(({ name }) => name === 'boot_device');
    config = addBootDevice(config, values, translator);
    if (bootable) this.#inConfig('translate', source, config, dialect, checkImagePartitions);
    config = addGrubUsers(config, values, translator);
    if (dialect.variant === 'openshift') this.#adapt(source, config, values, dialect);
    return config;
  }

  #adapt(source: YamlSource, config: TracedObject, values: Values, dialect: Dialect): void {
    adaptToCluster(config, values, dialect);
    this.#inConfig('translate', source, config, dialect, (ignition, report) =>
      checkClusterSupport(ignition, dialect, report),
    );
    if (this.options.raw) this.#stage('translate', source, (report) => reportElidedFields(values, report));
  }

  /** Stages 6 and 7; with `all`, also what the reference does not see. */
  #checked(source: YamlSource, config: TracedObject, dialect: Dialect): IgnitionConfig {
    const ignition = plainObject(config, 'Config', dialect.level);
    if (!this.options.raw || this.options.all) {
      this.#inConfig('filter', source, config, dialect, (_, report) => checkFilters(ignition, dialect, report));
    }
    this.#inConfig('generated', source, config, dialect, (checked, report) => {
      findDuplicates(ignition, dialect.level, report);
      checkIgnition(checked, dialect.level, report);
    });
    return ignition;
  }

  /** Runs checks whose paths are those of the Ignition config, and maps them back. */
  #inConfig(
    stage: Stage,
    source: YamlSource,
    config: TracedObject,
    { level, variant }: Dialect,
    check: (ignition: IgnitionConfig, report: Report) => void,
  ): void {
    const report = new Report(stage);
    check(plainObject(config, 'Config', level), report);
    const wrapped = variant === 'openshift' && !this.options.raw && !this.options.all;
    const entries = report.entries.map((entry) => {
      return { ...entry, path: sourcePath(config, entry.path, wrapped ? ['spec', 'config'] : []) };
    });
    this.#add(entries, source);
    if (hasErrors(entries))
      this.#fail(stage === 'generated' ? 'config generated was invalid' : 'source config is invalid');
  }

  #stage(stage: Stage, source: YamlSource, check: (report: Report) => void): void {
    const report = new Report(stage);
    check(report);
    this.#add(report.entries, source);
    if (hasErrors(report.entries)) this.#fail('source config is invalid');
  }

  #add(entries: readonly Diagnostic[], { root, lines }: YamlSource): void {
    for (const entry of entries) {
      this.#report.push(root ? { ...entry, position: lines.position(placeOf(root, entry)) } : entry);
    }
  }

  #fail(reason: string | undefined): void {
    if (reason === undefined) return;
    this.#failure ??= reason;
    if (!this.options.all) throw new StageFailure(reason);
  }

  #encode(ignition: IgnitionConfig, values: Values, dialect: Dialect): string {
    if (dialect.variant === 'openshift' && !this.options.raw) {
      return `# Generated by Butane; do not edit\n${encodeYaml(machineConfig(ignition, values))}`;
    }
    return `${encodeJson(ignition, this.options.pretty ?? false)}\n`;
  }
}

const HEADER = [string('variant'), string('version')].map(sugar);

/** The version as it is compared: three numbers, then what follows them. */
function canonicalVersion(version: string): string | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.exec(version);
  if (!match) return undefined;
  const [, major, minor, patch, preRelease = '', build = ''] = match;
  return `${Number(major)}.${Number(minor)}.${Number(patch)}${preRelease}${build}`;
}

/** Where a finding is shown: a key for what is wrong with a key, else the deepest node of its path. */
function placeOf(root: SourceNode, { path, code }: Diagnostic): number {
  if (code === 'unused-key') {
    const name = path.at(-1);
    const map = nodeAt(root, path.slice(0, -1));
    const entry = map?.kind === 'map' && typeof name === 'string' ? entryOf(map, name) : undefined;
    if (entry) return entry.key.offset;
  }
  return deepestNode(root, path).offset;
}

function withoutRepetition(report: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return report.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
