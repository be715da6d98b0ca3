import { generateSite, type SiteIo } from '../siteconfig/generate-site.js';
import { siteConfig, type SiteConfig } from '../siteconfig/site-config.js';
import { Decoder, unmarshalErrors } from '../yaml/decode.js';
import { readFirstDocument, YamlSource } from '../yaml/document.js';
import { emitYaml } from '../yaml/emit.js';
import { isFields, type Fields } from '../yaml/value.js';
import { GeneratorFileError, listFolder, OutputFolder, readText } from './files.js';
import type { GeneratorOutput } from './policy-generator.js';

export interface SiteconfigGeneratorOptions {
  manifestPath?: string;
  outPath?: string;
  extraManifestOnly: boolean;
  stopOnError: boolean;
  files: readonly string[];
}

/**
 * `siteconfig-generator`: makes the installation resources of each SiteConfig. As in the reference, a file that fails is
 * printed with its error in a field `siteConfigError`, and the exit code stays 0, unless `stopOnError`. Returns the exit code.
 */
export function runSiteConfigGenerator(options: SiteconfigGeneratorOptions, output: GeneratorOutput): number {
  const folder = options.outPath === undefined ? undefined : new OutputFolder(options.outPath);
  const io = siteIo(output);
  for (const file of options.files) {
    let text = '';
    try {
      text = prefixed(`Error: could not read file ${file}`, '\n', () => readText(file));
      const site = prefixed(`Error: could not parse ${file} as yaml`, '\n', () => readSite(text));
      const clusters = prefixed(`Error: could not build the entire SiteConfig defined by ${file}`, '', () =>
        generateSite(site, options, io),
      );
      for (const { site: name, cluster, resources } of clusters) {
        for (const resource of resources) writeResource(name, cluster, resource, folder, output);
      }
    } catch (error) {
      if (!(error instanceof SiteFileError)) throw error;
      output.log(error.message);
      if (options.stopOnError) return 1;
      output.print(`---\n\n${text}siteConfigError: "${error.message}"\n`);
    }
  }
  return 0;
}

/** A SiteConfig that fails; the message is complete. */
class SiteFileError extends Error {}

function prefixed<T>(prefix: string, end: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new SiteFileError(`${prefix}: ${error instanceof Error ? error.message : String(error)}${end}`, {
      cause: error,
    });
  }
}

/** Reads the first document of a text as SiteConfig. Throws errors in the words of the reference's YAML library. */
function readSite(text: string): SiteConfig {
  const source = new YamlSource(text);
  const node = readFirstDocument(source);
  const decoder = new Decoder();
  const site = node === undefined ? undefined : decoder.read(siteConfig, node);
  const problem = unmarshalErrors(decoder.issues, source);
  if (problem !== undefined) throw new Error(problem);
  return site ?? siteConfig.zero();
}

function siteIo(output: GeneratorOutput): SiteIo {
  return {
    log: (line) => output.log(line),
    read: readText,
    list: (path) => listFolder(path).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])),
  };
}

function writeResource(
  site: string,
  cluster: string,
  resource: Fields,
  folder: OutputFolder | undefined,
  output: GeneratorOutput,
): void {
  const text = emitYaml(resource);
  if (folder === undefined) {
    output.print(`---\n${text}\n`);
    return;
  }
  const name = isFields(resource.metadata) ? String(resource.metadata.name ?? '') : '';
  const path = `${site}/${cluster}_${String(resource.kind).toLowerCase()}_${name}.yaml`;
  try {
    folder.write(path, text);
  } catch (error) {
    if (!(error instanceof GeneratorFileError)) throw error;
    output.log(`Error: could not write file ${path}: ${error.message}`);
  }
}
