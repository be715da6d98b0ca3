import { existsSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatePolicies, type GeneratedFile } from '../policies/generate-policies.js';
import { PolicyError } from '../policies/policy-error.js';
import { policyGenTemplate } from '../policies/policy-gen-template.js';
import { SourceCrs } from '../policies/source-crs.js';
import { Decoder, object, text, unmarshalErrors, type Shape } from '../yaml/decode.js';
import { readFirstDocument, YamlSource, type YamlNode } from '../yaml/document.js';
import { GeneratorFileError, listFolder, OutputFolder, readText } from './files.js';

export interface PolicyGeneratorOptions {
  /** Where source files are; `source-crs` means: in that folder here, else those that come with Longshore. */
  sourcePath: string;
  /** A folder with templates, besides `files`. */
  pgtPath?: string;
  /** Where to write; without it, everything is printed. */
  outPath?: string;
  wrapInPolicy: boolean;
  files: readonly string[];
}

/** How a generator talks. Lines have no line feed. */
export interface GeneratorOutput {
  print(text: string): void;
  log(line: string): void;
}

const kindOnly = object<{ kind: string }>('utils.KindType', { kind: text });

/**
 * `policygenerator`: makes policies of each template. A template that fails does not stop the others. Returns the exit code: 0,
 * 1 when a template failed, 2 when one failed since its values are of other types than those of the source file.
 */
export function runPolicyGenerator(options: PolicyGeneratorOptions, output: GeneratorOutput): number {
  const sources = new SourceCrs(sourceReader(options.sourcePath));
  const folder = options.outPath === undefined ? undefined : new OutputFolder(options.outPath);
  let status = 0;
  const fail = (line: string, code = 1) => {
    output.log(line);
    status = Math.max(status, code);
  };
  for (const file of templateFiles(options, fail)) {
    try {
      for (const generated of generateFile(file, options, sources, output)) {
        if (folder === undefined) printDocument(generated, output);
        else folder.write(generated.path, generated.text);
      }
    } catch (error) {
      if (error instanceof PolicyError) {
        fail(`Could not build the entire policy defined by ${file}: ${error.message}`, error.clash ? 2 : 1);
      } else if (error instanceof GeneratorFileError) fail(`Error: could not write file: ${error.message}`);
      else if (error instanceof TemplateError) fail(error.message);
      else throw error;
    }
  }
  return status;
}

/** A template that is none; the message is complete. */
class TemplateError extends Error {}

function templateFiles({ files, pgtPath }: PolicyGeneratorOptions, fail: (line: string) => void): string[] {
  if (pgtPath === undefined) return [...files];
  try {
    const found = listFolder(pgtPath).filter(({ name }) => !name.startsWith('.'));
    return [...files, ...found.map(({ name }) => `${pgtPath}/${name}`)];
  } catch (error) {
    fail(`Could not get file list from ${pgtPath}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function generateFile(
  file: string,
  { wrapInPolicy }: PolicyGeneratorOptions,
  sources: SourceCrs,
  output: GeneratorOutput,
): GeneratedFile[] {
  const content = attempt(`Could not read ${file}`, () => readText(file));
  const source = new YamlSource(content);
  const node = attempt(`Could not parse ${file} as yaml`, () => readFirstDocument(source));
  const kind = decode(kindOnly, node, source, `Could not parse ${file} as yaml`).kind;
  if (kind !== 'PolicyGenTemplate') {
    output.log(`Unsupported yaml structure kind in ${file}: {${kind}}`);
    return [];
  }
  const template = decode(policyGenTemplate, node, source, `Could not unmarshal PolicyGenTemplate data from ${file}`);
  if (!wrapInPolicy) template.spec.wrapInPolicy = false;
  return generatePolicies(template, sources);
}

function decode<T>(shape: Shape<T>, node: YamlNode | undefined, source: YamlSource, prefix: string): T {
  const decoder = new Decoder();
  const value = node === undefined ? undefined : attempt(prefix, () => decoder.read(shape, node));
  const problem = unmarshalErrors(decoder.issues, source);
  if (problem !== undefined) throw new TemplateError(`${prefix}: ${problem}`);
  return value ?? shape.zero();
}

function attempt<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new TemplateError(`${prefix}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function printDocument({ text }: GeneratedFile, output: GeneratorOutput): void {
  output.print(`${text.startsWith('---\n') ? '' : '---\n'}${text}\n`);
}

const DEFAULT_SOURCE_PATH = 'source-crs';
/** Where the reference keeps some source files since it has folders. */
const SHIPPED_FOLDERS = new Set(['storage-lso', 'image-registry']);

/** The folder of the source files that come with Longshore. */
export function shippedSourceCrs(): string {
  return fileURLToPath(new URL('../../source-crs/', import.meta.url));
}

function sourceReader(sourcePath: string): (fileName: string) => string {
  return (fileName) => {
    if (fileName === '' || posix.isAbsolute(fileName) || posix.normalize(fileName).startsWith('..')) {
      throw new GeneratorFileError(`open ${sourcePath}/${fileName}: leads out of the folder of source files`);
    }
    const own = `${sourcePath}/${fileName}`;
    if (sourcePath !== DEFAULT_SOURCE_PATH || existsSync(own)) return readText(own);
    const shipped = join(shippedSourceCrs(), SHIPPED_FOLDERS.has(dirname(fileName)) ? basename(fileName) : fileName);
    return readText(existsSync(shipped) ? shipped : own);
  };
}
