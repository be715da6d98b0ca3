import { isJsonObject, type KubeObject, type Schema } from '@longshore/kube';
import type { Config } from '../config/config.js';
import { formatPath, inspect } from '../config/inspect.js';
import { configSchema } from '../crds/config-schema.js';
import { prunerSchema } from '../crds/pruner-schema.js';
import type { Failure } from '../failure.js';
import { DEFAULT_ROUTE } from '../names.js';
import { overridesProblem } from '../operands/deployment.js';

/** Why a specification cannot be followed, whatever the cluster is like (operator.md 1.1, and 8, row 22). */
export function verify(config: KubeObject): Failure | undefined {
  const wrong = schemaProblems(config, configSchema);
  if (wrong !== undefined) return { message: wrong, permanent: 'InvalidConfig' };
  const valid = config as Config;
  const problem = routesProblem(valid) ?? overridesProblem(valid.spec);
  return problem === undefined
    ? undefined
    : { message: `unable to complete resource: ${problem}`, permanent: 'VerificationFailed' };
}

/** What is wrong with an ImagePruner. */
export function prunerProblem(pruner: KubeObject): string | undefined {
  return schemaProblems(pruner, prunerSchema);
}

function schemaProblems(object: KubeObject, schema: Schema): string | undefined {
  const wrong = inspect(withoutStatus(object), schema).filter(({ isUnknown }) => !isUnknown);
  if (wrong.length === 0) return undefined;
  return wrong.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('; ');
}

/** Of the status, only what others wrote could be wrong. */
const withoutStatus = ({ status: _, ...config }: KubeObject) => config;

function routesProblem({ spec: { routes = [] } }: Config): string | undefined {
  const names = routes.map(({ name }) => name);
  const isUnique = new Set(names).size === names.length && !names.includes(DEFAULT_ROUTE);
  return isUnique ? undefined : 'duplication of names has been detected in the additional routes';
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_LENGTH = 256 * 1024;

/** Fields of what was applied last that the API server dropped, as nobody knows them; each with what was probably meant. */
export function droppedFields({ metadata }: Config): string[] {
  const text = metadata.annotations?.[LAST_APPLIED] ?? '';
  if (text === '' || text.length > MAX_LENGTH) return [];
  let applied: unknown;
  try {
    applied = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isJsonObject(applied)) return [];
  return inspect({ spec: applied['spec'] ?? {} }, configSchema)
    .filter(({ isUnknown }) => isUnknown)
    .map(({ path, message }) => `${formatPath(path)} ${message}`);
}
