import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { checkInstance } from '../siteconfig/check-instance.js';
import { checkSite } from '../siteconfig/check-site.js';
import { ManifestError } from '../siteconfig/manifest.js';
import { generateSite, type GeneratedCluster, type SiteIo, type SiteOptions } from '../siteconfig/generate-site.js';
import { renderInstance } from '../siteconfig/render-instance.js';
import { siteConfig, type SiteConfig } from '../siteconfig/site-config.js';
import { SiteError } from '../siteconfig/site-error.js';
import { Decoder, unmarshalErrors } from '../yaml/decode.js';
import { documentTexts, readFirstDocument, YamlSource } from '../yaml/document.js';
import type { Fields } from '../yaml/value.js';
import { fileManifests } from './files.js';
import { printedAsFormat } from './go-format.js';
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
import type { GeneratorResult } from './policy-generator.js';

export interface SiteconfigGeneratorOptions {
  /** The folder with manifests for every cluster; without it, the built-in ones. */
  manifestPath?: string;
  extraManifestOnly: boolean;
  /** End with 1 at the first input that fails. */
  stopOnError: boolean;
  inputs: Iterable<GeneratorInput>;
  /** Tell everything that is wrong, with places, and take nothing that the reference passes over. */
  strict: boolean;
}

/** An input that fails; the message is complete, and empty when everything has been told. */
class SiteFileError extends Error {}

/** A failure whatever the mode. */
class FatalSiteError extends SiteFileError {}

/**
 * `siteconfig-generator`: makes the installation resources of each SiteConfig. As in the reference, an input that fails is
 * printed with its error in a field `siteConfigError` and the exit code stays 0, unless `stopOnError`. In strict mode nothing
 * is printed for it, the others go on, and the exit code is 1.
 */
export function runSiteconfigGenerator(
  options: SiteconfigGeneratorOptions,
  sink: ObjectSink,
  output: GeneratorOutput,
): GeneratorResult {
  const result: GeneratorResult = { status: 0, reports: [] };
  const generate = options.strict ? generateStrictly : generateLikeReference;
  for (const input of options.inputs) {
    const report: InputReport = { file: input.name, ok: true, diagnostics: [] };
    result.reports.push(report);
    try {
      const targets = { sink, output, report };
      const loaded = load(input);
      if (beginsAs(loaded.text ?? '', INSTANCE)) generateInstance(loaded, targets);
      else generate(loaded, options, targets);
    } catch (error) {
      if (!(error instanceof SiteFileError)) throw error;
      report.ok = false;
      if (error.message !== '') output.log(error.message);
      if (report.diagnostics.length === 0) report.diagnostics.push(fileDiagnostic('SC001', input.name, error));
      if (options.strict || options.stopOnError || error instanceof FatalSiteError) result.status = 1;
      if (options.stopOnError) return result;
    }
  }
  return result;
}

interface Targets {
  sink: ObjectSink;
  output: GeneratorOutput;
  report: InputReport;
}

function generateLikeReference(
  input: GeneratorInput,
  options: SiteconfigGeneratorOptions,
  { sink, output }: Targets,
): void {
  const { name } = input;
  let content = '';
  let clusters: GeneratedCluster[];
  try {
    content = attempt(`Error: could not read file ${name}`, '\n', () => inputText(input));
    const site = attempt(`Error: could not parse ${name} as yaml`, '\n', () => readSite(content));
    clusters = attempt(`Error: could not build the entire SiteConfig defined by ${name}`, '', () =>
      generateSite(site, options, siteIo(output)),
    );
  } catch (error) {
    if (error instanceof SiteFileError && !options.stopOnError) {
      output.print(`---\n\n${printedAsFormat(content)}siteConfigError: "${error.message}"\n`);
    }
    throw error;
  }
  for (const cluster of clusters) writeCluster(cluster, sink);
}

function generateStrictly(input: GeneratorInput, options: SiteconfigGeneratorOptions, targets: Targets): void {
  const { sink, output, report } = targets;
  const content = attempt(input.name, '', () => inputText(input));
  const { site, findings } = checkSite(input.name, content);
  const clusters: GeneratedCluster[] = [];
  if (site !== undefined && !findings.hasErrors) {
    try {
      const siteOptions: SiteOptions = { ...options, strict: true };
      clusters.push(...generateSite(site, siteOptions, strictIo(findings.all)));
    } catch (error) {
      if (!isInputError(error)) throw error;
      const rule =
        error instanceof SiteError ? 'SC027' : error instanceof ManifestError && error.byFilter ? 'SC019' : 'SC001';
      const path = error instanceof SiteError || error instanceof ManifestError ? error.path : [];
      findings.at(rule, path, error.message.replaceAll('%!q(<nil>)', 'nothing'));
    }
  }
  report.diagnostics.push(...findings.all);
  logDiagnostics(findings.all, findings.source, output);
  if (findings.hasErrors) throw new SiteFileError('');
  for (const cluster of clusters) writeCluster(cluster, sink);
}

const INSTANCE = /^kind: *["']?ClusterInstance["']?\s*$/m;

/** The reference has no generator for ClusterInstances, so there is only the strict way. */
function generateInstance(input: GeneratorInput, { sink, output, report }: Targets): void {
  const { instance, findings } = checkInstance(input.name, inputText(input));
  let resources: Fields[] = [];
  try {
    if (instance !== undefined && !findings.hasErrors) resources = renderInstance(instance);
  } catch (error) {
    if (!(error instanceof SiteError)) throw error;
    findings.at('CI001', error.path, error.message);
  }
  report.diagnostics.push(...findings.all);
  logDiagnostics(findings.all, findings.source, output);
  if (instance === undefined || findings.hasErrors) throw new FatalSiteError('');
  const { clusterName } = instance.spec;
  writeCluster({ site: instance.metadata.name || clusterName, cluster: clusterName, resources }, sink);
}

function attempt<T>(prefix: string, end: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isInputError(error)) throw error;
    throw new SiteFileError(`${prefix}: ${error.message}${end}`, { cause: error });
  }
}

/** A text that is no SiteConfig, in the words of the reference's YAML library. */
class UnmarshalError extends Error {
  readonly code = 'SITE_UNMARSHAL';
}

/** Reads the first document of a text as SiteConfig. */
function readSite(content: string): SiteConfig {
  const source = new YamlSource(content);
  const node = readFirstDocument(source);
  const decoder = new Decoder();
  const site = node === undefined ? undefined : decoder.read(siteConfig, node);
  const problem = unmarshalErrors(decoder.issues, source);
  if (problem !== undefined) throw new UnmarshalError(problem);
  return site ?? siteConfig.zero();
}

function siteIo(output: GeneratorOutput): SiteIo {
  return { ...fileManifests, log: (line) => output.log(line) };
}

/** Tells of files of which only the first document counts; what the reference logs besides, findings say. */
function strictIo(diagnostics: Diagnostic[]): SiteIo {
  const io = siteIo({ print: () => undefined, log: () => undefined });
  return {
    ...io,
    read: (path) => {
      const content = io.read(path);
      const line = lineOfSecondDocument(content);
      if (line !== undefined) {
        const message = 'only the first document of this file is used';
        diagnostics.push({ ...fileDiagnostic('SC026', path, message), severity: 'warning', line, endLine: line });
      }
      return content;
    },
  };
}

/** The line with the dashes before the second document that is not empty. */
function lineOfSecondDocument(text: string): number | undefined {
  let line = 1;
  let hasFirst = false;
  for (const document of documentTexts(text)) {
    const hasText = document.trim() !== '';
    if (hasText && hasFirst) return line;
    hasFirst ||= hasText;
    line += document.split('\n').length - 1;
  }
  return undefined;
}

function writeCluster({ site, cluster, resources }: GeneratedCluster, sink: ObjectSink): void {
  for (const resource of resources) {
    const path = `${site === '' ? '' : `${site}/`}${cluster}_${textAt(resource, 'kind').toLowerCase()}_${nameOf(resource)}.yaml`;
    try {
      sink.write({ path, documents: [resource], marked: false });
    } catch (error) {
      if (!isInputError(error)) throw error;
      throw new FatalSiteError(`Error: could not write file ${path}: ${error.message}`, { cause: error });
    }
  }
}
