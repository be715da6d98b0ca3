import { readFile } from 'node:fs/promises';
import type { RegistryConfig } from '@longshore/registry';
import { Option } from 'commander';
import { CliError } from '../cli-error.js';

const DEFAULT_FILE = '/etc/longshore/registry.yml';

/** `--config`, the same for all commands. */
export function configOption(): Option {
  return new Option(
    '--config <file>',
    `the configuration of the registry; otherwise $REGISTRY_CONFIGURATION_PATH, otherwise ${DEFAULT_FILE} if it is there`,
  );
}

/**
 * Reads the configuration file that was named, with REGISTRY_* variables over it. Errors: ConfigError; CliError when the
 * file cannot be read. Without any file, the defaults. `further`: variables that hold unless the environment has them.
 */
export async function readConfig(file: string | undefined, further: NodeJS.ProcessEnv = {}): Promise<RegistryConfig> {
  const { loadConfig } = await import('@longshore/registry');
  const { REGISTRY_CONFIGURATION_PATH: named, ...env } = { ...further, ...process.env };
  const path = file ?? (named === '' ? undefined : named);
  const text = await readText(path ?? DEFAULT_FILE, path !== undefined);
  return loadConfig({ ...(text !== undefined && { text, file: path ?? DEFAULT_FILE }), env });
}

/** The default file may be absent; a file that was asked for may not. */
async function readText(path: string, asked: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!asked && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError(`cannot read the configuration: ${(error as Error).message}`, 2, { cause: error });
  }
}
