import type { KubeObject } from '@longshore/kube';
import { ruleGroups } from '../monitoring/alerts.js';
import { monitoringObjects } from '../monitoring/monitoring-objects.js';
import { chartFiles } from './chart/chart.js';
import { installation, PROMETHEUS } from './installation.js';
import { printYaml } from './print-yaml.js';

/** What the plain manifests of `deploy/` name as the image. */
const EXAMPLE_IMAGE = 'registry.example.com/longshore:1';

/** The files of `deploy/` that are made from code, by their paths in it. `imageApi`: see `chartFiles`. */
export function deployFiles(version: string, imageApi: readonly KubeObject[]): Map<string, string> {
  const { definitions, namespaces, rights, operator } = installation({
    image: EXAMPLE_IMAGE,
    version,
    replicas: 1,
    optionalAlerts: false,
    isOpenShift: false,
    prometheus: PROMETHEUS,
  });
  const chart = [...chartFiles(imageApi)].map(([path, text]): [string, string] => [`chart/longshore/${path}`, text]);
  return new Map([
    ['crds/imageregistry.operator.openshift.io.yaml', printYaml(definitions)],
    // kubectl applies the files of a folder in this order.
    ['kubernetes/1-namespaces.yaml', printYaml(namespaces)],
    ['kubernetes/2-rights.yaml', printYaml(rights)],
    ['kubernetes/3-operator.yaml', printYaml(operator)],
    ['monitoring/objects.yaml', printYaml(monitoringObjects('none', false).map(({ object }) => object))],
    ['monitoring/rules.yaml', printYaml([{ groups: ruleGroups(true) }])],
    ...chart,
  ]);
}
