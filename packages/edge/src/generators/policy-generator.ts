import { existsSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkAcm } from '../policies/acm/check-acm.js';
import { checkTemplate } from '../policies/check-template.js';
import { generatePolicies } from '../policies/generate-policies.js';
import { PolicyError } from '../policies/policy-error.js';
import { policyGenTemplate, type PolicyGenTemplate } from '../policies/policy-gen-template.js';
import { SourceCrs } from '../policies/source-crs.js';
import { Decoder, object, text, unmarshalErrors, type Shape } from '../yaml/decode.js';
import { readFirstDocument, YamlSource, type YamlNode } from '../yaml/document.js';
import { GeneratorFileError, listFiles, readFolder, readText } from './files.js';
import {
  beginsAs,
  fileDiagnostic,
  inputText,
  load,
  nameOf,
  textAt,
  isInputError,
  logDiagnostics,
  type GeneratorInput,
  type GeneratorOutput,
  type InputReport,
  type ObjectSink,
} from './generator-output.js';

export interface PolicyGeneratorOptions {
  /** Where source files are; `source-crs` means: in that folder here, else those that come with Longshore. */
  sourcePath: string;
  /** A folder with templates, besides `inputs`. */
  pgtPath?: string;
  wrapInPolicy: boolean;
  inputs: Iterable<GeneratorInput>;
  /** Tell everything that is wrong, with places, and take nothing that the reference passes over. */
  strict: boolean;
}

export interface GeneratorResult {
  /** The exit code. */
  status: number;
  reports: InputReport[];
}

/** A template that fails. `status`: the exit code that it makes. */
class TemplateError extends Error {
  constructor(
    message: string,
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * `policygenerator`: makes policies of each template. A template that fails does not stop the others. The exit code is 0, 1 when
 * a template failed, 2 when one failed since its values are of other types than those of the source file.
 */
export function runPolicyGenerator(
  options: PolicyGeneratorOptions,
  sink: ObjectSink,
  output: GeneratorOutput,
): GeneratorResult {
  const sources = new SourceCrs(sourceReader(options.sourcePath));
  const generate = options.strict ? generateStrictly : generateLikeReference;
  const result: GeneratorResult = { status: 0, reports: [] };
  const fail = (message: string, status: number) => {
    output.log(message);
    result.status = Math.max(result.status, status);
  };
  let templates: GeneratorInput[];
  try {
    templates = templatesIn(options.pgtPath);
  } catch (error) {
    fail(`Could not get file list from ${options.pgtPath}: ${messageOf(error)}`, 1);
    return result;
  }
  for (const input of chain(options.inputs, templates)) {
    const report: InputReport = { file: input.name, ok: true, diagnostics: [] };
    result.reports.push(report);
    try {
      const loaded = load(input);
      const targets = { sink, output, report };
      if (beginsAs(loaded.text ?? '', ACM_KIND, ACM_VERSION)) generateAcmPolicies(loaded, targets);
      else generate(loaded, options, sources, targets);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      report.ok = false;
      if (error.message !== '') fail(error.message, error.status);
      else result.status = Math.max(result.status, error.status);
      if (report.diagnostics.length === 0) report.diagnostics.push(fileDiagnostic('PG001', input.name, error));
    }
  }
  return result;
}

interface Targets {
  sink: ObjectSink;
  output: GeneratorOutput;
  report: InputReport;
}

function* chain<T>(...parts: Iterable<T>[]): Iterable<T> {
  for (const part of parts) yield* part;
}

/** The templates of a folder. Throws GeneratorFileError. */
function templatesIn(folder: string | undefined): GeneratorInput[] {
  const entries = folder === undefined ? [] : readFolder(folder);
  return entries.flatMap(({ name }) => (name.startsWith('.') ? [] : [{ name: `${folder}/${name}` }]));
}

const kindOnly = object<{ kind: string }>('utils.KindType', { kind: text });

function generateLikeReference(
  input: GeneratorInput,
  options: PolicyGeneratorOptions,
  sources: SourceCrs,
  { sink, output }: Targets,
): void {
  const { name } = input;
  const source = new YamlSource(attempt(`Could not read ${name}`, () => inputText(input)));
  const node = attempt(`Could not parse ${name} as yaml`, () => readFirstDocument(source));
  const { kind } = decode(kindOnly, node, source, `Could not parse ${name} as yaml`);
  if (kind !== 'PolicyGenTemplate') {
    output.log(`Unsupported yaml structure kind in ${name}: {${kind}}`);
    return;
  }
  const template = decode(policyGenTemplate, node, source, `Could not unmarshal PolicyGenTemplate data from ${name}`);
  write(name, template, options, sources, sink);
}

function generateStrictly(
  input: GeneratorInput,
  options: PolicyGeneratorOptions,
  sources: SourceCrs,
  { sink, output, report }: Targets,
): void {
  const content = attempt(input.name, () => inputText(input));
  const { template, findings } = checkTemplate(input.name, content, sources);
  report.diagnostics.push(...findings.all);
  logDiagnostics(findings.all, findings.source, output);
  if (template === undefined || findings.hasErrors) throw new TemplateError('', 1);
  write(input.name, template, options, sources, sink);
}

const ACM_KIND = /^kind: *["']?PolicyGenerator["']?\s*$/m;
const ACM_VERSION = /^apiVersion: *["']?policy\.open-cluster-management\.io\//m;

/** The successor of the format. Its own generator refuses what it does not know, and so do we, strict or not. */
function generateAcmPolicies(input: GeneratorInput, { sink, output, report }: Targets): void {
  const content = attempt(input.name, () => inputText(input));
  const { generator, objects, findings } = checkAcm(input.name, content, { list: listFiles, read: readText });
  report.diagnostics.push(...findings.all);
  logDiagnostics(findings.all, findings.source, output);
  if (generator === undefined || findings.hasErrors) throw new TemplateError('', 1);
  attempt('Error: could not write file', () => {
    for (const generated of objects) {
      const path = `${textAt(generator.metadata, 'name')}/${textAt(generated, 'kind').toLowerCase()}-${nameOf(generated)}.yaml`;
      sink.write({ path, documents: [generated], marked: false });
    }
  });
}

function write(
  name: string,
  template: PolicyGenTemplate,
  { wrapInPolicy }: PolicyGeneratorOptions,
  sources: SourceCrs,
  sink: ObjectSink,
): void {
  if (!wrapInPolicy) template.spec.wrapInPolicy = false;
  const objects = attempt(`Could not build the entire policy defined by ${name}`, () =>
    generatePolicies(template, sources),
  );
  attempt('Error: could not write file', () => objects.forEach((generated) => sink.write(generated)));
}

function decode<T>(shape: Shape<T>, node: YamlNode | undefined, source: YamlSource, prefix: string): T {
  const decoder = new Decoder();
  const value = node === undefined ? undefined : attempt(prefix, () => decoder.read(shape, node));
  const problem = unmarshalErrors(decoder.issues, source);
  if (problem !== undefined) throw new TemplateError(`${prefix}: ${problem}`, 1);
  return value ?? shape.zero();
}

function attempt<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isInputError(error)) throw error;
    const status = error instanceof PolicyError && error.clash ? 2 : 1;
    throw new TemplateError(`${prefix}: ${error.message}`, status, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The folder that means our own source files when it is not there. */
const DEFAULT_SOURCE_PATH = 'source-crs';
/** Where the reference keeps some source files since it has folders. */
const SHIPPED_FOLDERS = new Set(['storage-lso', 'image-registry']);

function sourceReader(sourcePath: string): (fileName: string) => string {
  const shippedPath = fileURLToPath(new URL('../../source-crs/', import.meta.url));
  return (fileName) => {
    if (posix.isAbsolute(fileName) || posix.normalize(fileName).startsWith('..')) {
      throw new GeneratorFileError(`open ${sourcePath}/${fileName}: leads out of the folder of source files`);
    }
    const own = `${sourcePath}/${fileName}`;
    if (sourcePath !== DEFAULT_SOURCE_PATH || existsSync(own)) return readText(own);
    const shipped = join(shippedPath, SHIPPED_FOLDERS.has(dirname(fileName)) ? basename(fileName) : fileName);
    return readText(existsSync(shipped) ? shipped : own);
  };
}
