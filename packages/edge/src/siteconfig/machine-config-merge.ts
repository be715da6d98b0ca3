import { mergeConfigs, parseIgnition, type IgnitionConfig } from '@longshore/ignition';
import { emitYaml } from '../yaml/emit.js';
import { fields, Float, isFields, type Fields, type Value } from '../yaml/value.js';
import { machineConfig } from './disk-partition.js';
import { ManifestError, markGenerated, parseManifest } from './manifest.js';

const ROLE = 'machineconfiguration.openshift.io/role';

/**
 * Folds the MachineConfigs among the manifests into one for each role, in the order of their names, and leaves all else as it
 * is (edge.md 3.5). `apart` are not folded. Throws ManifestError.
 */
export function mergeMachineConfigs(
  manifests: ReadonlyMap<string, string>,
  apart: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  const byRole = new Map<string, Fields[]>();
  for (const [file, text] of manifests) {
    const manifest = apart.has(file) ? undefined : parseManifest(text);
    if (manifest?.kind !== 'MachineConfig') kept.set(file, text);
    else byRole.set(roleOf(manifest), [...(byRole.get(roleOf(manifest)) ?? []), manifest]);
  }
  for (const [role, configs] of byRole) {
    const name = `predefined-extra-manifests-${role}`;
    const merged = markGenerated(
      mergeOfRole(
        name,
        role,
        configs.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
      ),
    );
    kept.set(`${name}.yaml`, emitYaml(merged));
  }
  return kept;
}

function mergeOfRole(name: string, role: string, configs: readonly Fields[]): Fields {
  const specs = configs.map(({ spec }) => (isFields(spec) ? spec : fields()));
  const ignition = configs
    .map((config, index) => ignitionOf(config, specs[index] ?? fields()))
    .reduce((merged, config) => mergeConfigs(merged, config));
  for (const file of ignition.storage?.files ?? []) file.overwrite ??= true;
  const listOf = (key: string) => specs.flatMap((spec) => (Array.isArray(spec[key]) ? spec[key] : []));
  const kernelArguments = listOf('kernelArguments');
  const extensions = listOf('extensions');
  const { config } = machineConfig(name, role, {}).spec as { config: Fields };
  return fields([
    ...Object.entries(machineConfig(name, role, {})),
    [
      'spec',
      fields([
        ['config', fields([...Object.entries(config), ...Object.entries(trimmed(ignition as Value) as Fields)])],
        ...(specs.some(({ fips }) => fips === true) ? [['fips', true] as const] : []),
        ...(kernelArguments.length > 0 ? [['kernelArguments', kernelArguments] as const] : []),
        ...(extensions.length > 0 ? [['extensions', extensions] as const] : []),
        ['kernelType', specs.some(({ kernelType }) => kernelType === 'realtime') ? 'realtime' : 'default'],
      ]),
    ],
  ]);
}

function ignitionOf(manifest: Fields, { config }: Fields): IgnitionConfig {
  if (config === undefined || config === null) return { ignition: { version: '3.2.0' } };
  const { config: parsed, failure } = parseIgnition(JSON.stringify(config));
  if (parsed !== undefined && failure === undefined) return parsed;
  throw new ManifestError(`could not parse the Ignition config of ${nameOf(manifest)}: ${failure ?? 'invalid'}`);
}

/** Without what is empty: null, false, zero, texts, lists and maps. Numbers come out of JSON, so they are floats. */
function trimmed(value: Value): Value | undefined {
  if (value === null || value === '' || value === false || value === 0) return undefined;
  if (typeof value === 'number') return new Float(value);
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => trimmed(item) ?? []);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const kept = trimmed(item as Value);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return entries.length === 0 ? undefined : fields(entries);
}

function roleOf({ metadata }: Fields): string {
  const labels = isFields(metadata) ? metadata.labels : undefined;
  const role = isFields(labels) ? labels[ROLE] : undefined;
  return typeof role === 'string' ? role : '';
}

function nameOf({ metadata }: Fields): string {
  return isFields(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
}
