import type { KubeObject } from '@longshore/kube';
import { NAMESPACE } from '../../names.js';
import { installation } from '../installation.js';
import { printYaml } from '../print-yaml.js';
import { certificates } from './certificates.js';
import { gatewayRoute } from './gateway-route.js';
import { itemIf, linesOf, numberOf, printTemplate, textOf } from './template.js';

/**
 * The files of the chart that are made from the same objects as the plain manifests, by their paths in it. `imageApi`: objects
 * of the image API in which `.Values.imageApi` is filled in.
 */
export function chartFiles(imageApi: readonly KubeObject[]): Map<string, string> {
  const { definitions, namespaces, rights, operator } = installation({
    image: textOf('.Values.image'),
    version: textOf('.Chart.AppVersion'),
    replicas: numberOf('.Values.replicas'),
    optionalAlerts: false,
    isOpenShift: false,
    prometheus: {
      name: textOf('.Values.monitoring.prometheus.name'),
      namespace: textOf('.Values.monitoring.prometheus.namespace'),
    },
  });
  const [own, ...shared] = namespaces.map(kept);
  const [deployment, ...others] = operator;
  return new Map([
    ['crds/imageregistry.operator.openshift.io.yaml', printYaml(definitions)],
    ['templates/namespaces.yaml', printTemplate([own as KubeObject], '.Values.createNamespaces')],
    ['templates/shared-namespaces.yaml', printTemplate(shared, 'and .Values.createNamespaces (not .Values.openshift)')],
    ['templates/rights.yaml', printTemplate(rights)],
    ['templates/operator.yaml', printTemplate([withChoices(deployment as Workload), ...others])],
    ['templates/certificates.yaml', printTemplate(certificates('operator'), '.Values.certManager.enabled')],
    ['templates/gateway.yaml', printTemplate(gatewayRoute(), '.Values.gateway.enabled')],
    ['templates/image-api.yaml', printTemplate(imageApi.map(withInjectedCa), '.Values.imageApi.enabled')],
    [
      'templates/image-api-certificate.yaml',
      printTemplate(certificates('imageApi'), 'and .Values.imageApi.enabled .Values.certManager.enabled'),
    ],
  ]);
}

/** What is in a namespace survives an uninstallation: claims with images, settings of others. */
function kept(namespace: KubeObject): KubeObject {
  const annotations = { 'helm.sh/resource-policy': 'keep' };
  return { ...namespace, metadata: { ...namespace.metadata, annotations } };
}

interface Workload extends KubeObject {
  spec: {
    template: { spec: { securityContext: object; containers: { command: string[] }[] } };
  };
}

function withChoices(deployment: Workload): Workload {
  const { template } = deployment.spec;
  const [container, ...others] = template.spec.containers;
  if (container === undefined) return deployment;
  const command = [...container.command, itemIf('.Values.monitoring.optionalAlerts', '--optional-alerts')];
  const spec = {
    ...template.spec,
    ...PLACEMENT,
    securityContext: SECURITY_CONTEXT,
    containers: [{ ...container, command }, ...others],
  };
  return { ...deployment, spec: { ...deployment.spec, template: { ...template, spec } } };
}

const SECURITY_CONTEXT = {
  runAsNonRoot: true,
  ...linesOf('{{- if not .Values.openshift }}', 'runAsUser: 1001', 'fsGroup: 1001', '{{- end }}'),
  seccompProfile: { type: 'RuntimeDefault' },
};

const FLOW_MAP = '{ {{ range $field, $text := . }}{{ printf "%q: %q, " $field $text }}{{ end }}}';
const PLACEMENT = {
  ...linesOf('{{- with .Values.nodeSelector }}', `nodeSelector: ${FLOW_MAP}`, '{{- end }}'),
  ...linesOf(
    '{{- with .Values.tolerations }}',
    'tolerations:',
    '  {{- range . }}',
    `  - ${FLOW_MAP}`,
    '  {{- end }}',
    '{{- end }}',
  ),
};

/** Whose certificate the API server is to trust: cert-manager says it, or the values. */
function withInjectedCa(object: KubeObject): KubeObject {
  if (object.kind !== 'APIService') return object;
  const { caBundle: _, ...spec } = object['spec'] as { caBundle: string };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...linesOf(
        '{{- if .Values.certManager.enabled }}',
        'annotations:',
        `  cert-manager.io/inject-ca-from: ${NAMESPACE}/longshore-apiserver`,
        '{{- end }}',
      ),
    },
    spec: {
      ...spec,
      ...linesOf('{{- with .Values.imageApi.caBundle }}', 'caBundle: {{ printf "%q" . }}', '{{- end }}'),
    },
  };
}
