import type { Path } from '../../yaml/decode.js';
import { emitYaml } from '../../yaml/emit.js';
import { fields, isFields, type Fields, type Value } from '../../yaml/value.js';
import { PolicyError } from '../policy-error.js';
import { inside, locate, manifestsOf, type BaseFolder } from './manifests.js';
import type { PlacementOptions } from './policy-generator-config.js';

const GROUP = 'cluster.open-cluster-management.io';

/** Who is placed: a policy or a set of policies. */
interface Placed {
  kind: 'Policy' | 'PolicySet';
  name: string;
}

/** Collects the placements of a PolicyGenerator and what is bound to each (edge.md 4.6). */
export class Placements {
  readonly objects: Fields[] = [];
  readonly #placed = new Map<string, Placed[]>();
  readonly #bySelector = new Map<string, string>();

  constructor(
    private readonly namespace: string,
    /** The name that placements with the same selector share. */
    private readonly sharedName: string | undefined,
    private readonly base: BaseFolder,
  ) {}

  /** Throws PolicyError at `path`. */
  place(placed: Placed, options: PlacementOptions | undefined, path: Path): void {
    const name = this.#nameFor(placed, options, path);
    this.#placed.set(name, [...(this.#placed.get(name) ?? []), placed]);
  }

  /** The bindings, sorted by placement. `sharedName`: for placements with more than one policy. Throws PolicyError. */
  bindings(sharedName: string): Fields[] {
    let shared = 0;
    return [...this.#placed]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([placement, placed]) => {
        const [only, ...others] = placed;
        if (others.length === 0 && only !== undefined) return this.#binding(`binding-${only.name}`, placement, placed);
        if (sharedName === '') {
          throw new PolicyError(
            `several policies have the placement ${placement}, so placementBindingDefaults.name must be set`,
            ['placementBindingDefaults'],
          );
        }
        shared++;
        return this.#binding(`${sharedName}${shared === 1 ? '' : shared}`, placement, placed);
      });
  }

  #nameFor({ name }: Placed, options: PlacementOptions | undefined, path: Path): string {
    const { labelSelector, placementName, placementPath } = options ?? {};
    const chosen = [labelSelector, placementName, placementPath].filter((choice) => choice !== undefined);
    if (chosen.length > 1) {
      throw new PolicyError('only one of labelSelector, placementPath and placementName is possible', [
        ...path,
        'placement',
      ]);
    }
    if (placementName !== undefined) return placementName;
    if (placementPath !== undefined)
      return locate([...path, 'placement', 'placementPath'], () => this.#fromFile(placementPath));
    const selector = locate([...path, 'placement', 'labelSelector'], () => selectorOf(labelSelector ?? fields()));
    const key = emitYaml(selector);
    const own = options?.name;
    const existing = this.#bySelector.get(key);
    if (own === undefined && this.sharedName !== undefined && existing !== undefined) return existing;
    const count = this.#bySelector.size;
    const generated =
      this.sharedName === undefined ? `placement-${name}` : `${this.sharedName}${count === 0 ? '' : count + 1}`;
    const chosenName = own ?? generated;
    if (this.objects.some((object) => nameOf(object) === chosenName)) {
      if (existing === chosenName) return chosenName;
      throw new PolicyError(`two placements have the name ${chosenName}`, [...path, 'placement']);
    }
    if (!this.#bySelector.has(key)) this.#bySelector.set(key, chosenName);
    this.objects.push(placementObject(chosenName, this.namespace, selector));
    return chosenName;
  }

  #fromFile(file: string): string {
    const config = { path: inside(file) } as Parameters<typeof manifestsOf>[0];
    const placement = manifestsOf(config, this.base, []).find(({ kind }) => kind === 'Placement');
    if (placement === undefined) throw new PolicyError(`${file} has no Placement`);
    const name = nameOf(placement);
    const namespace = isFields(placement.metadata) ? placement.metadata.namespace : undefined;
    if (name === '') throw new PolicyError(`the Placement in ${file} has no name`);
    if (namespace !== this.namespace) {
      throw new PolicyError(`the Placement in ${file} must be in the namespace of the policies, ${this.namespace}`);
    }
    if (!this.objects.some((object) => nameOf(object) === name)) this.objects.push(placement);
    return name;
  }

  #binding(name: string, placement: string, placed: readonly Placed[]): Fields {
    const subject = (kind: string, subjectName: string, apiGroup: string) =>
      fields([
        ['apiGroup', apiGroup],
        ['kind', kind],
        ['name', subjectName],
      ]);
    return fields([
      ['apiVersion', 'policy.open-cluster-management.io/v1'],
      ['kind', 'PlacementBinding'],
      [
        'metadata',
        fields([
          ['name', name],
          ['namespace', this.namespace],
        ]),
      ],
      ['placementRef', subject('Placement', placement, GROUP)],
      ['subjects', placed.map(({ kind, name: each }) => subject(kind, each, 'policy.open-cluster-management.io'))],
    ]);
  }
}

function nameOf({ metadata }: Fields): string {
  return isFields(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
}

/** Plain labels become expressions sorted by key; a selector in full stays as it is. */
function selectorOf(labels: Fields): Fields {
  if ('matchLabels' in labels || 'matchExpressions' in labels) {
    const unknown = Object.keys(labels).find((key) => !['matchLabels', 'matchExpressions'].includes(key));
    if (unknown !== undefined) throw new PolicyError(`${unknown} stands beside matchLabels or matchExpressions`);
    return labels;
  }
  const expressions = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]): Value => {
      if (value !== null && typeof value !== 'string') throw new PolicyError(`the label ${key} must be a string`);
      const parts = value === null || value === '' ? [['operator', 'Exists'] as const] : in_(value);
      return fields([['key', key], ...parts]);
    });
  return fields([['matchExpressions', expressions]]);
}

function in_(value: string): (readonly [string, Value])[] {
  return [
    ['operator', 'In'],
    ['values', [value]],
  ];
}

function placementObject(name: string, namespace: string, labelSelector: Fields): Fields {
  const tolerated = (key: string) =>
    fields([
      ['key', `${GROUP}/${key}`],
      ['operator', 'Exists'],
    ]);
  return fields([
    ['apiVersion', `${GROUP}/v1beta1`],
    ['kind', 'Placement'],
    [
      'metadata',
      fields([
        ['name', name],
        ['namespace', namespace],
      ]),
    ],
    [
      'spec',
      fields([
        ['predicates', [fields([['requiredClusterSelector', fields([['labelSelector', labelSelector]])]])]],
        ['tolerations', [tolerated('unavailable'), tolerated('unreachable')]],
      ]),
    ],
  ]);
}
