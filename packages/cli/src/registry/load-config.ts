import { readFile } from 'node:fs/promises';
import { ConfigError, loadConfig, type RegistryConfig } from '@longshore/registry';
import { CliError } from '../cli-error.js';

const DEFAULT_FILE = '/etc/longshore/registry.yml';

/** The configuration file that was named, by option or REGISTRY_CONFIGURATION_PATH, with REGISTRY_* variables over it. */
export async function readConfig(file: string | undefined): Promise<RegistryConfig> {
  const path = file ?? process.env.REGISTRY_CONFIGURATION_PATH;
  const text = await readText(path ?? DEFAULT_FILE, path !== undefined);
  const { REGISTRY_CONFIGURATION_PATH: _path, ...env } = process.env;
  try {
    return loadConfig({ ...(text !== undefined && { text, file: path ?? DEFAULT_FILE }), env });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, 2);
    throw error;
  }
}

/** The default file may be absent; a file that was asked for may not. */
async function readText(path: string, asked: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!asked && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError(`cannot read the configuration: ${(error as Error).message}`, 2);
  }
}
