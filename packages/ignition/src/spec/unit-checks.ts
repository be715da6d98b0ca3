import { posix } from 'node:path';
import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';
import { parseUnitFile, UnitFileError, type UnitOption } from '../unit/unit-file.js';
import type { Dropin, IgnitionConfig, Unit } from './ignition-config.js';

const EXTENSIONS = [
  '.service',
  '.socket',
  '.device',
  '.mount',
  '.automount',
  '.swap',
  '.target',
  '.path',
  '.timer',
  '.snapshot',
  '.slice',
  '.scope',
];
const SERVICE = '.service';
const TEMPLATE = `@${SERVICE}`;
const UNIT_DIRECTORY = '/etc/systemd/system/';

/** Checks that no file, directory or link takes the place of a unit or drop-in with contents. */
export function checkUnitPaths({ storage = {}, systemd = {} }: IgnitionConfig, place: Path, report: Report): void {
  const paths = new Set<string>();
  for (const { name = '', contents, dropins = [] } of systemd.units ?? []) {
    if (contents) paths.add(UNIT_DIRECTORY + name);
    for (const dropin of dropins) if (dropin.contents) paths.add(`${UNIT_DIRECTORY}${name}.d/${dropin.name ?? ''}`);
  }
  for (const kind of ['files', 'directories', 'links'] as const) {
    storage[kind]?.forEach(({ path = '' }, index) => {
      if (paths.has(path)) report.error([...place, 'storage', kind, index, 'path'], 'path-conflicts-unit');
    });
  }
}

/** Warns of enabled instances of a template of the config that has no Install section. */
export function checkSystemd({ units = [] }: { units?: Unit[] }, place: Path, report: Report): void {
  const templates = new Map(units.filter(({ name = '' }) => name.endsWith(TEMPLATE)).map((unit) => [unit.name, unit]));
  const incomplete = new Set([...templates.values()].filter(lacksInstall).map(({ name }) => name));
  units.forEach(({ name = '', enabled }, index) => {
    const template = enabled === true ? templateOf(name) : undefined;
    if (template === undefined || !incomplete.has(template)) return;
    const message = `template unit ${JSON.stringify(template)} for ${JSON.stringify(name)} doesn't have Install section`;
    report.warning([...place, 'units', index, 'contents'], 'unit-template-no-install', message);
  });
}

/** The template that `a@b.service` is an instance of: `a@.service`. */
function templateOf(name: string): string | undefined {
  const at = name.indexOf('@', 1);
  const isInstance = at !== -1 && name.endsWith(SERVICE) && at + 1 < name.length - SERVICE.length;
  return isInstance ? name.slice(0, at) + TEMPLATE : undefined;
}

/** True when the contents can be read and have no Install section. */
function lacksInstall({ contents }: Unit): boolean {
  const options = contents ? tryParse(contents) : undefined;
  return options !== undefined && !hasInstall(options);
}

/** Checks a unit. */
export function checkUnit({ name = '', contents, enabled }: Unit, place: Path, report: Report): void {
  if (!EXTENSIONS.includes(posix.extname(`x${name}`))) report.error([...place, 'name'], 'unit-extension');
  if (contents === undefined) return;
  const at = [...place, 'contents'];
  const options = checkContent(contents, at, report);
  if (enabled === true && contents !== '' && options && !hasInstall(options)) {
    const message = `unit ${JSON.stringify(name)} is enabled, but has no install section so enable does nothing`;
    report.warning(at, 'unit-no-install', message);
  }
}

/** Checks a drop-in. */
export function checkDropin({ name = '', contents }: Dropin, place: Path, report: Report): void {
  if (contents !== undefined) checkContent(contents, [...place, 'contents'], report);
  if (posix.extname(`x${name}`) !== '.conf') report.error([...place, 'name'], 'dropin-extension');
}

function checkContent(contents: string, place: Path, report: Report): UnitOption[] | undefined {
  try {
    return parseUnitFile(contents);
  } catch (error) {
    if (!(error instanceof UnitFileError)) throw error;
    report.error(place, 'unit-content', `invalid unit content: ${error.message}`);
    return undefined;
  }
}

function tryParse(contents: string): UnitOption[] | undefined {
  try {
    return parseUnitFile(contents);
  } catch (error) {
    if (!(error instanceof UnitFileError)) throw error;
    return undefined;
  }
}

function hasInstall(options: UnitOption[]): boolean {
  return options.some(({ section }) => section === 'Install');
}
