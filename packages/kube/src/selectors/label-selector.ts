import type { StatusCause } from '../status.js';
import { checkLabelValue, checkQualifiedName } from '../validation/names.js';
import {
  formatRequirement,
  labelRequirement,
  matchesRequirement,
  type LabelOperator,
  type LabelRequirement,
} from './label-requirement.js';
import { parseLabelRequirements } from './label-selector-parser.js';
import { SelectorError } from './selector-error.js';

/** `metav1.LabelSelector`, as objects hold it. */
export interface LabelSelectorObject {
  matchLabels?: Readonly<Record<string, string>>;
  matchExpressions?: readonly {
    key: string;
    operator: string;
    values?: readonly string[];
  }[];
}

const EXPRESSION_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Which labels are meant. All requirements must hold; without any, everything matches. */
export class LabelSelector {
  static readonly everything = new LabelSelector([]);
  static readonly nothing = new LabelSelector(undefined);

  private constructor(private readonly selected: readonly LabelRequirement[] | undefined) {}

  /** Reads `a=b,c in (d,e),!f,g>1`. Errors: {@link SelectorError} with Kubernetes' words. */
  static parse(text: string): LabelSelector {
    return new LabelSelector(parseLabelRequirements(text));
  }

  /** A missing object selects nothing, an empty one everything. Errors: {@link SelectorError}. */
  static fromObject(object: LabelSelectorObject | undefined): LabelSelector {
    if (object === undefined) return LabelSelector.nothing;
    const labels = Object.entries(object.matchLabels ?? {});
    const requirements = labels.map(([key, value]) => labelRequirement(key, '=', [value]));
    for (const { key, operator, values } of object.matchExpressions ?? []) {
      const known = Object.hasOwn(EXPRESSION_OPERATORS, operator) ? EXPRESSION_OPERATORS[operator] : undefined;
      if (known === undefined) {
        throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
      }
      requirements.push(labelRequirement(key, known, values ?? []));
    }
    return new LabelSelector(requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)));
  }

  get requirements(): readonly LabelRequirement[] {
    return this.selected ?? [];
  }

  get selectsNothing(): boolean {
    return this.selected === undefined;
  }

  get selectsEverything(): boolean {
    return this.selected?.length === 0;
  }

  matches(labels: Readonly<Record<string, string>> | undefined): boolean {
    return this.selected?.every((requirement) => matchesRequirement(requirement, labels ?? {})) ?? false;
  }

  /** Text that {@link LabelSelector.parse} reads as the same; empty for everything and for nothing. */
  toString(): string {
    return this.requirements.map(formatRequirement).join(',');
  }
}

/** What is wrong with a selector in an object, as apimachinery's `ValidateLabelSelector` words it. */
export function checkLabelSelector(selector: LabelSelectorObject, path: string): StatusCause[] {
  const invalid = (field: string, value: string, problem: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value)}: ${problem}`,
  });
  const causes: StatusCause[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const field = `${path}.matchLabels`;
    causes.push(...checkQualifiedName(key).map((problem) => invalid(field, key, problem)));
    causes.push(...checkLabelValue(value).map((problem) => invalid(field, value, problem)));
  }
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const field = `${path}.matchExpressions[${index}]`;
    if (!Object.hasOwn(EXPRESSION_OPERATORS, operator)) {
      causes.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
    } else if (operator.endsWith('In') && values.length === 0) {
      const message = "Required value: must be specified when `operator` is 'In' or 'NotIn'";
      causes.push({ reason: 'FieldValueRequired', field: `${field}.values`, message });
    } else if (!operator.endsWith('In') && values.length > 0) {
      const message = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      causes.push({ reason: 'FieldValueForbidden', field: `${field}.values`, message });
    }
    causes.push(...checkQualifiedName(key).map((problem) => invalid(`${field}.key`, key, problem)));
    for (const [at, value] of values.entries()) {
      causes.push(...checkLabelValue(value).map((problem) => invalid(`${field}.values[${at}]`, value, problem)));
    }
  }
  return causes;
}
