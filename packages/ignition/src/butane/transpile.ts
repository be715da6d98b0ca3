import { hasErrors, type Diagnostic, type Path, type Stage } from '../source/diagnostic.js';
import { inputText } from '../source/input-text.js';
import { Report } from '../source/report.js';
import { deepestNode, entryOf, nodeAt, type SourceNode } from '../source/source-node.js';
import { readYaml, type YamlSource } from '../source/yaml-reader.js';
import type { Dialect } from '../schema/variants.js';
import { checkIgnition } from '../spec/checks.js';
import { findDuplicates } from '../spec/duplicates.js';
import { encodeJson } from '../spec/encode-json.js';
import type { IgnitionConfig } from '../spec/ignition-config.js';
import { plainObject, sourcePath, tracedObject, type TracedObject } from '../spec/traced.js';
import { addBootDevice } from './boot-device.js';
import { Decoder } from './decoder.js';
import { encodeYaml } from './encode-yaml.js';
import { checkFilters } from './filters.js';
import { checkBeyondReference } from './gap-checks.js';
import { addGrubUsers } from './grub.js';
import { decodeFailure, readHeader, UNREADABLE } from './header.js';
import type { LocalFiles } from './local-files.js';
import { addMountUnits } from './mount-units.js';
import {
  adaptToCluster,
  checkClusterSupport,
  findDuplicateFields,
  machineConfig,
  reportElidedFields,
} from './openshift.js';
import { checkImagePartitions } from './partition-checks.js';
import { addQuadlets } from './quadlets.js';
import { checkSource } from './source-checks.js';
import { StageFailure, unreadable } from './stage-failure.js';
import { Translator } from './translator.js';
import { addTrees } from './trees.js';
import { findUnusedKeys } from './unused-keys.js';
import { objectIn, type Values } from './values.js';

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

/** Translates a Butane config (edge.md 1). Never throws for a text; what is wrong with it stands in the report. */
export function transpile(input: string | Uint8Array, options: TranspileOptions = {}): TranspileResult {
  const run = new Transpilation(options);
  try {
    return { ...run.translate(input), report: run.report() };
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    return { report: [...run.report(), ...error.entries], failure: error.reason };
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
    const { dialect, root } = readHeader(source);
    const values = this.#decode(source, root, dialect);
    this.#checkKeys(source, root, values, dialect);
    this.#stage('source', source, (report) => {
      checkSource(values, dialect, report);
      if (this.options.all) checkBeyondReference(values, dialect, report);
    });
    const config = this.#translated(source, values, dialect);
    const ignition = this.#checked(source, config, values, dialect);
    if (this.#failure !== undefined) throw new StageFailure(this.#failure);
    return { ignition, output: this.#encode(ignition, values, dialect) };
  }

  #read(input: string | Uint8Array): YamlSource {
    try {
      return readYaml(inputText(input));
    } catch (error) {
      throw unreadable(error, UNREADABLE);
    }
  }

  #decode({ lines }: YamlSource, root: SourceNode, dialect: Dialect): Values {
    const decoder = new Decoder(lines, dialect.level);
    let values: Values;
    try {
      values = decoder.fields(root, dialect.sections, [], 'Config');
    } catch (error) {
      throw unreadable(error, '');
    }
    this.#report.push(...decoder.errors.map(({ diagnostic }) => diagnostic));
    if (decoder.errors.length > 0) this.#fail(decodeFailure(decoder.errors));
    return values;
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
    if (bootable) {
      this.#checkPartitions(source, config, dialect);
    }
    config = addGrubUsers(config, values, translator);
    if (dialect.variant === 'openshift') this.#adapt(source, config, values, dialect);
    return config;
  }

  #adapt(source: YamlSource, config: TracedObject, values: Values, dialect: Dialect): void {
    adaptToCluster(config, values, dialect);
    const support = new Report('translate');
    checkClusterSupport(plainObject(config, 'Config', dialect.level), dialect, support);
    // In raw mode the reference looks for the places in a MachineConfig, which is not there.
    const unwrapped = this.options.raw && !this.options.all;
    const found = unwrapped
      ? mapped(support.entries, tracedObject([]), WRAPPED)
      : mapped(support.entries, config, this.#prefix(dialect));
    const elided = new Report('translate');
    if (this.options.raw) reportElidedFields(values, elided);
    this.#add([...found, ...elided.entries], source);
    if (hasErrors(found)) this.#fail('source config is invalid');
  }

  /** For OpenShift the reference looks for the places in the MachineConfig, and so does not find their source. */
  #checkPartitions(source: YamlSource, config: TracedObject, dialect: Dialect): void {
    const report = new Report('translate');
    checkImagePartitions(plainObject(config, 'Config', dialect.level), report);
    const found = this.#prefix(dialect).length === 0;
    this.#add(mapped(report.entries, found ? config : tracedObject([]), []), source);
  }

  /** Stages 6 and 7. In raw mode the reference does not look for fields that the cluster lacks. */
  #checked(source: YamlSource, config: TracedObject, values: Values, dialect: Dialect): IgnitionConfig {
    const ignition = plainObject(config, 'Config', dialect.level);
    if (!this.options.raw || this.options.all) {
      const filters = new Report('filter');
      checkFilters(ignition, dialect, filters);
      this.#addMapped(filters, source, config, dialect);
    }
    const repeated = new Report('generated');
    if (dialect.variant === 'openshift' && !this.options.raw) findDuplicateFields(values, repeated);
    this.#add(repeated.entries, source);
    const generated = new Report('generated');
    findDuplicates(ignition, dialect.level, generated);
    checkIgnition(ignition, dialect.level, generated);
    this.#addMapped(generated, source, config, dialect);
    if (hasErrors(repeated.entries)) this.#fail('config generated was invalid');
    return ignition;
  }

  /** Adds findings whose paths are those of the Ignition config, mapped back to the source. */
  #addMapped({ entries, stage }: Report, source: YamlSource, config: TracedObject, dialect: Dialect): void {
    this.#add(mapped(entries, config, this.#prefix(dialect)), source);
    if (hasErrors(entries))
      this.#fail(stage === 'generated' ? 'config generated was invalid' : 'source config is invalid');
  }

  /** Where the output has the Ignition config. */
  #prefix({ variant }: Dialect): Path {
    return variant === 'openshift' && !this.options.raw && !this.options.all ? WRAPPED : [];
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

  #fail(reason: string): void {
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

/** Where a MachineConfig has the Ignition config. */
const WRAPPED: Path = ['spec', 'config'];

function mapped(entries: readonly Diagnostic[], config: TracedObject, prefix: Path): Diagnostic[] {
  return entries.map((entry) => ({ ...entry, path: sourcePath(config, entry.path, prefix) }));
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
