import type { StrictRule } from '../generators/findings.js';

/** What the strict mode of the policy generator looks at: what the reference passes over, and what it refuses. */
export const POLICY_RULES = [
  { id: 'PG001', severity: 'error', title: 'the file is not YAML, or policies cannot be made of it' },
  { id: 'PG002', severity: 'error', title: 'a value has another type than its field, or a key stands twice' },
  { id: 'PG003', severity: 'error', title: 'there is no such field' },
  { id: 'PG004', severity: 'error', title: 'a value has another type than the source file has there' },
  { id: 'PG005', severity: 'warning', title: 'null does not take a value away' },
  { id: 'PG006', severity: 'warning', title: 'a list of maps is merged by index, so it cannot become shorter' },
  { id: 'PG007', severity: 'error', title: 'a placeholder of the source file is left' },
  { id: 'PG008', severity: 'error', title: 'complianceType does not take this value' },
  { id: 'PG009', severity: 'error', title: 'remediationAction does not take this value' },
  { id: 'PG010', severity: 'error', title: 'the wave is no integer, which stops the rollout of all policies' },
  { id: 'PG011', severity: 'warning', title: 'a policy without wave is never applied by the rollout' },
  { id: 'PG012', severity: 'error', title: 'source files of one policy have different waves' },
  { id: 'PG013', severity: 'warning', title: 'without binding rules the policies are for all clusters' },
  { id: 'PG014', severity: 'error', title: 'a rule excludes what another one binds' },
  { id: 'PG015', severity: 'error', title: 'namespace and name together have more than 63 characters' },
  { id: 'PG016', severity: 'error', title: 'a name is missing, no DNS name, or differs from another one by case only' },
  { id: 'PG017', severity: 'error', title: 'documents after the first are passed over' },
  { id: 'PG018', severity: 'warning', title: 'mustonlyhave takes away what an operator writes into its configuration' },
  { id: 'PG019', severity: 'error', title: 'the source file cannot be used' },
  { id: 'PG020', severity: 'error', title: 'an evaluation interval is no duration, never or watch' },
  { id: 'PG021', severity: 'error', title: 'two outputs have the same name' },
  { id: 'PG022', severity: 'warning', title: 'a policy has the same object twice' },
  { id: 'PG023', severity: 'error', title: 'source files of one policy want different settings of it' },
  { id: 'PG024', severity: 'error', title: 'the PolicyGenerator cannot be used as it is' },
] as const satisfies readonly StrictRule[];

export type PolicyRuleId = (typeof POLICY_RULES)[number]['id'];
