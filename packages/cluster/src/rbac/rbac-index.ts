import type { UserInfo } from '@longshore/apiserver';
import { jsonEqual } from '@longshore/kube';
import type { Binding, ClusterRole, Role, Subject } from './objects.js';
import type { PolicyRule } from './policy-rule.js';

/** A binding that applies to a user, and the rules that it gives. */
export interface Grant {
  binding: Binding;
  subject: Subject;
  rules: readonly PolicyRule[];
}

const CLUSTER = '';

/** Hears of a namespace in which what a user may do can have changed; of the empty one when that may be any. */
export type RightsListener = (namespace: string) => void;

/**
 * The roles and bindings of a cluster in memory, found by who they are for. Its owner tells it of each object that is
 * written; it reads nothing itself.
 */
export class RbacIndex {
  readonly #roles = new Map<string, Role | ClusterRole>();
  readonly #bindings = new Map<string, Binding>();
  /** Namespace (empty for the cluster), then subject, then the key of the binding. */
  readonly #bySubject = new Map<string, Map<string, Set<string>>>();
  /** By subject, so that a change costs nothing for those whom it does not concern. */
  readonly #listeners = new Map<string, Set<RightsListener>>();

  /** `role` undefined: it is gone. A ClusterRole has no namespace. */
  setRole(namespace: string, name: string, role: Role | ClusterRole | undefined): void {
    const key = `${namespace}/${name}`;
    const old = this.#roles.get(key);
    if (role === undefined) this.#roles.delete(key);
    else this.#roles.set(key, role);
    if (this.#listeners.size === 0 || jsonEqual(role?.rules, old?.rules)) return;
    for (const binding of this.#bindings.values()) {
      if (roleKey(binding.roleRef, binding.metadata.namespace ?? CLUSTER) === key) this.#tell(binding);
    }
  }

  /** `binding` undefined: it is gone. A ClusterRoleBinding has no namespace. */
  setBinding(namespace: string, name: string, binding: Binding | undefined): void {
    const key = `${namespace}/${name}`;
    const old = this.#bindings.get(key);
    for (const subject of old?.subjects ?? []) this.#unlink(namespace, subjectKey(subject, namespace), key);
    if (binding === undefined) this.#bindings.delete(key);
    else this.#bindings.set(key, binding);
    for (const subject of binding?.subjects ?? []) this.#link(namespace, subjectKey(subject, namespace), key);
    for (const each of [old, binding]) if (each !== undefined) this.#tell(each);
  }

  /** Tells `changed` of each change that may give or take rights of the user, when it has been made. Returns what ends that. */
  follow(user: UserInfo, changed: RightsListener): () => void {
    const keys = keysOf(user);
    for (const key of keys) this.#listeners.set(key, (this.#listeners.get(key) ?? new Set()).add(changed));
    return () => {
      for (const key of keys) {
        const listeners = this.#listeners.get(key);
        if (listeners?.delete(changed) && listeners.size === 0) this.#listeners.delete(key);
      }
    };
  }

  clusterRoles(): ClusterRole[] {
    return [...this.#roles].flatMap(([key, role]) => (key.startsWith('/') ? [role] : []));
  }

  /** Rules of the role that a binding in this namespace refers to; undefined when there is no such role. */
  rulesOf(roleRef: Binding['roleRef'], namespace: string): readonly PolicyRule[] | undefined {
    const role = this.#roles.get(roleKey(roleRef, namespace));
    return role === undefined ? undefined : (role.rules ?? []);
  }

  /** What the user is granted in the namespace, the cluster's grants first; with an empty namespace only those. */
  *grants(user: UserInfo, namespace: string): Generator<Grant> {
    yield* this.#grantsIn(user, CLUSTER);
    if (namespace !== CLUSTER) yield* this.#grantsIn(user, namespace);
  }

  *#grantsIn(user: UserInfo, namespace: string): Generator<Grant> {
    const bySubject = this.#bySubject.get(namespace);
    if (bySubject === undefined) return;
    for (const key of keysOf(user)) {
      for (const bindingKey of bySubject.get(key) ?? []) {
        const binding = this.#bindings.get(bindingKey);
        const subject = binding?.subjects?.find((each) => subjectKey(each, namespace) === key);
        const rules = binding && this.rulesOf(binding.roleRef, namespace);
        if (binding && subject && rules) yield { binding, subject, rules };
      }
    }
  }

  #tell({ subjects = [], metadata: { namespace = CLUSTER } }: Binding): void {
    for (const subject of subjects) {
      for (const changed of this.#listeners.get(subjectKey(subject, namespace)) ?? []) changed(namespace);
    }
  }

  #link(namespace: string, subject: string, key: string): void {
    const subjects = this.#bySubject.get(namespace) ?? new Map<string, Set<string>>();
    this.#bySubject.set(namespace, subjects);
    const keys = subjects.get(subject) ?? new Set();
    subjects.set(subject, keys.add(key));
  }

  #unlink(namespace: string, subject: string, key: string): void {
    const subjects = this.#bySubject.get(namespace);
    const keys = subjects?.get(subject);
    keys?.delete(key);
    if (keys?.size === 0) subjects?.delete(subject);
    if (subjects?.size === 0) this.#bySubject.delete(namespace);
  }
}

function roleKey({ kind, name }: Binding['roleRef'], bindingNamespace: string): string {
  return `${kind === 'ClusterRole' ? CLUSTER : bindingNamespace}/${name}`;
}

function keysOf({ username, groups }: UserInfo): string[] {
  return [`u:${username}`, ...groups.map((group) => `g:${group}`)];
}

/** A service account is the user `system:serviceaccount:NAMESPACE:NAME`. */
function subjectKey(subject: Subject, bindingNamespace: string): string {
  if (subject.kind === 'Group') return `g:${subject.name}`;
  if (subject.kind === 'User') return `u:${subject.name}`;
  return `u:system:serviceaccount:${subject.namespace ?? bindingNamespace}:${subject.name}`;
}
