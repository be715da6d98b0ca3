import type { ProblemList } from './config-error.js';
import type { ConfigValue, MapEntry, MapValue } from './config-value.js';
import { isUnset } from './config-value.js';
import { nearest } from './nearest.js';
import type { Setting } from './setting.js';
import { findKey } from './setting.js';
import { expandBareName } from './structure-settings.js';
import { readYaml } from './yaml-text.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'REGISTRY_';
/** OpenShift's operator passes the list of its cluster-wide TLS profile under a name of its own, comma-separated. */
const OPENSHIFT_CIPHER_SUITES = 'OPENSHIFT_REGISTRY_HTTP_TLS_CIPHERSUITES';

/**
 * Variables of older registries of OpenShift and the keys that took their place (reference registry 6.1); a variable of the new
 * name outdoes the old one.
 */
const OLD_MIDDLEWARE = 'REGISTRY_MIDDLEWARE_REPOSITORY_OPENSHIFT';
const OLD_NAMES: Readonly<Record<string, string>> = {
  DOCKER_REGISTRY_URL: 'OPENSHIFT_SERVER_ADDR',
  [`${OLD_MIDDLEWARE}_DOCKERREGISTRYURL`]: 'OPENSHIFT_SERVER_ADDR',
  [`${OLD_MIDDLEWARE}_ENFORCEQUOTA`]: 'OPENSHIFT_QUOTA_ENABLED',
  [`${OLD_MIDDLEWARE}_PROJECTCACHETTL`]: 'OPENSHIFT_QUOTA_CACHETTL',
  [`${OLD_MIDDLEWARE}_ACCEPTSCHEMA2`]: 'OPENSHIFT_COMPATIBILITY_ACCEPTSCHEMA2',
  [`${OLD_MIDDLEWARE}_BLOBREPOSITORYCACHETTL`]: 'OPENSHIFT_CACHE_BLOBREPOSITORYTTL',
  [`${OLD_MIDDLEWARE}_PULLTHROUGH`]: 'OPENSHIFT_PULLTHROUGH_ENABLED',
  [`${OLD_MIDDLEWARE}_MIRRORPULLTHROUGH`]: 'OPENSHIFT_PULLTHROUGH_MIRROR',
};

/** Puts what the `REGISTRY_*` variables say over `base`, key by key. `schema` tells which variables there are. */
export function applyEnvironment(
  base: MapValue,
  env: Environment,
  schema: Setting<unknown>,
  problems: ProblemList,
): MapValue {
  let result = base;
  for (const { variable, name, text } of readVariables(env)) {
    const path = findPath(name, schema, (path, wrong) => problems.add({ variable }, path.join('.'), wrong));
    const value = path && readVariable(variable, text, problems);
    if (value) result = merge(schema, result, nest(path, value)) as MapValue;
  }
  return result;
}

interface Variable {
  variable: string;
  /** The part of its name that leads to a key. */
  name: string;
  text: string;
}

/** The variables that are meant for the registry, a key before what is below it. */
function readVariables(env: Environment): Variable[] {
  const given = Object.entries(env).filter(([, text = '']) => text.trim() !== '');
  const variables = given
    .map(([variable, text = '']) => ({ variable, name: variable.slice(PREFIX.length), text }))
    .filter(({ variable, text }) => variable.startsWith(PREFIX) && !isOld(variable) && !isForeign(variable, text))
    .sort(byName);
  const old = given
    .filter(([variable]) => isOld(variable))
    .map(([variable, text = '']) => ({ variable, name: OLD_NAMES[variable] ?? '', text }))
    .filter(({ name }) => !variables.some((variable) => variable.name === name));
  variables.push(...old);
  variables.sort(byName);
  const suites = (env[OPENSHIFT_CIPHER_SUITES] ?? '').split(',').map((suite) => suite.trim());
  const list = suites.filter((suite) => suite !== '').map((suite) => JSON.stringify(suite));
  if (list.length === 0) return variables;
  return [
    { variable: OPENSHIFT_CIPHER_SUITES, name: 'HTTP_TLS_CIPHERSUITES', text: `[${list.join(', ')}]` },
    ...variables,
  ];
}

const byName = (left: Variable, right: Variable) => (left.name < right.name ? -1 : 1);
const isOld = (variable: string) => Object.hasOwn(OLD_NAMES, variable);

/**
 * Variables that begin with REGISTRY_ and have nothing to do with us: Kubernetes describes each Service named
 * `registry` or `registry-…` by variables, podman has REGISTRY_AUTH_FILE, and one names the configuration file itself.
 */
function isForeign(name: string, text: string): boolean {
  if (name === 'REGISTRY_CONFIGURATION_PATH' || name === 'REGISTRY_AUTH_FILE') return true;
  const described = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)$/.test(
    name,
  );
  return described || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text));
}

/** The keys that the rest of a variable's name leads to; undefined after a call of `refuse`. */
function findPath(
  name: string,
  schema: Setting<unknown>,
  refuse: (path: readonly string[], text: string) => void,
): string[] | undefined {
  const path: string[] = [];
  const words = name.split('_');
  let setting = schema;
  for (const [index, word] of words.entries()) {
    const { shape } = setting;
    if (shape.kind === 'map') return [...path, shape.variableKey(words.slice(index).join('_'))];
    if (shape.kind === 'refused') return [...path, ...words.slice(index).map((each) => each.toLowerCase())];
    if (shape.kind !== 'section') {
      const right = shape.kind === 'list' ? 'a list, written whole as YAML: [a, b]' : shape.type;
      refuse(path, `there are no keys below this one; ${PREFIX}${words.slice(0, index).join('_')} takes ${right}`);
      return undefined;
    }
    const key = word === word.toUpperCase() ? findKey(shape, word.toLowerCase()) : undefined;
    if (key === undefined) {
      const instead = nearest(word, [...Object.keys(shape.keys), ...Object.keys(shape.aliases)])?.toUpperCase();
      const meant = instead && PREFIX + words.with(index, instead).join('_');
      refuse([...path, word.toLowerCase()], `unknown key${meant ? `; did you mean ${meant}?` : ''}`);
      return undefined;
    }
    path.push(key);
    setting = shape.keys[key]!;
  }
  return path;
}

function readVariable(variable: string, text: string, problems: ProblemList): ConfigValue | undefined {
  const place = { variable };
  if (text.trim().startsWith('#')) {
    problems.add(place, '', 'the whole value is a YAML comment; put it in quotes');
    return undefined;
  }
  return readYaml(text, () => place, problems);
}

function nest(path: readonly string[], value: ConfigValue): ConfigValue {
  return path.reduceRight<ConfigValue>((inner, key) => {
    const entry: MapEntry = { place: inner.place, value: inner };
    return { kind: 'map', place: inner.place, entries: new Map([[key, entry]]) };
  }, value);
}

/** `over` on top of `base`: mappings key by key, everything else as a whole. */
function merge(setting: Setting<unknown> | undefined, base: ConfigValue | undefined, over: ConfigValue): ConfigValue {
  const shape = setting?.shape;
  if (over.kind !== 'map' || base === undefined || isUnset(base)) return over;
  const under = shape?.kind === 'section' && shape.bareName ? expandBareName(base) : base;
  // A base of the wrong kind stays, so that it is told as the mistake that it is.
  if (under.kind !== 'map') return under;
  const entries = new Map(under.entries);
  for (const [name, entry] of over.entries) {
    const key = (shape?.kind === 'section' ? findKey(shape, name) : matchFreeKey(setting, under, name)) ?? name;
    const inner = shape?.kind === 'section' && Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined;
    const before = [...under.entries].find(
      ([each]) => (shape?.kind === 'section' ? findKey(shape, each) : each) === key,
    );
    if (before) entries.delete(before[0]);
    entries.set(key, { place: entry.place, value: merge(inner, before?.[1].value, entry.value) });
  }
  return { ...under, entries };
}

/** The key of a mapping with free keys that a variable's name can mean: names of variables cannot tell them apart. */
function matchFreeKey(setting: Setting<unknown> | undefined, map: MapValue, name: string): string | undefined {
  const shape = setting?.shape;
  if (shape?.kind !== 'map' || map.entries.has(name)) return undefined;
  return [...map.entries.keys()].find((key) => shape.variableKey(key.toUpperCase()) === name);
}
