import { badRequest, FieldSelector, LabelSelector, SelectorError, type KubeObject } from '@longshore/kube';
import type { Resource } from '../resources/resource.js';

/** Which objects of a collection a reader wants: what label and field selectors come to for one resource. */
export class Selection {
  /** Whether all objects are meant, so that none has to be looked into. */
  readonly everything: boolean;
  /** The only name that can match, when there is one. */
  readonly name: string | undefined;

  private constructor(
    private readonly resource: Resource,
    private readonly labels: LabelSelector,
    private readonly fields: FieldSelector,
  ) {
    this.everything = labels.selectsEverything && fields.requirements.length === 0;
    this.name = fields.exactMatch('metadata.name');
  }

  static all(resource: Resource): Selection {
    return new Selection(resource, LabelSelector.everything, FieldSelector.everything);
  }

  /** Errors: `BadRequest` for selectors that cannot be read, and for fields that the resource cannot be selected by. */
  static parse(resource: Resource, labelSelector: string, fieldSelector: string): Selection {
    try {
      const labels = labelSelector === '' ? LabelSelector.everything : LabelSelector.parse(labelSelector);
      const fields = fieldSelector === '' ? FieldSelector.everything : FieldSelector.parse(fieldSelector);
      for (const { field } of fields.requirements) checkField(resource, field);
      return new Selection(resource, labels, fields);
    } catch (error) {
      if (error instanceof SelectorError) throw badRequest(error.message);
      throw error;
    }
  }

  matches(object: KubeObject): boolean {
    return this.labels.matches(object.metadata.labels) && this.fields.matches((field) => this.valueOf(object, field));
  }

  private valueOf(object: KubeObject, field: string): string {
    if (field === 'metadata.name') return object.metadata.name ?? '';
    if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
    return this.resource.definition.selectableFields?.[field]?.(object) ?? '';
  }
}

function checkField({ definition: { selectableFields, custom }, namespaced }: Resource, field: string): void {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && (namespaced || !custom))) return;
  if (selectableFields !== undefined && Object.hasOwn(selectableFields, field)) return;
  throw badRequest(
    selectableFields !== undefined || custom
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
