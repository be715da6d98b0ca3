import type { KubeObject, Schema } from '@longshore/kube';
import { GROUP } from '../names.js';
import { configSchema } from './config-schema.js';
import { prunerSchema } from './pruner-schema.js';

interface Words {
  plural: string;
  singular: string;
  kind: string;
  schema: Schema;
  columns: { name: string; type: string; jsonPath: string }[];
}

function definition({ plural, singular, kind, schema, columns }: Words): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular },
      scope: 'Cluster',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {} },
        },
      ],
    },
  };
}

const text = (name: string, jsonPath: string) => ({ name, type: 'string', jsonPath });

/** The two kinds by which users tell the operator what they want (operator.md 1 and 2). */
export const CUSTOM_RESOURCE_DEFINITIONS: readonly KubeObject[] = [
  definition({
    plural: 'configs',
    singular: 'config',
    kind: 'Config',
    schema: configSchema,
    columns: [
      text('State', '.spec.managementState'),
      text('Available', '.status.conditions[?(@.type=="Available")].status'),
      { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
      text('Message', '.status.conditions[?(@.type=="Available")].message'),
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  }),
  definition({
    plural: 'imagepruners',
    singular: 'imagepruner',
    kind: 'ImagePruner',
    schema: prunerSchema,
    columns: [
      text('Schedule', '.spec.schedule'),
      { name: 'Suspend', type: 'boolean', jsonPath: '.spec.suspend' },
      text('Message', '.status.conditions[?(@.type=="Failed")].message'),
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  }),
];
