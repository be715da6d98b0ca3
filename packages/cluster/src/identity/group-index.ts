import type { ObjectAccess } from '@longshore/apiserver';
import { GROUPS, type Group } from './objects.js';

/** The groups of each user, from Group objects, in memory. The definition of groups tells it of each write. */
export class GroupIndex {
  private readonly members = new Map<string, readonly string[]>();
  private readonly byUser = new Map<string, Set<string>>();

  /** Reads the groups that are there when the server starts. */
  async load(objects: ObjectAccess): Promise<void> {
    const { items } = await objects.list<Group>(GROUPS);
    for (const group of items) this.set(group.metadata.name ?? '', group);
  }

  /** `group` undefined: it is gone. */
  set(name: string, group: Group | undefined): void {
    for (const user of this.members.get(name) ?? []) {
      const groups = this.byUser.get(user);
      groups?.delete(name);
      if (groups?.size === 0) this.byUser.delete(user);
    }
    this.members.delete(name);
    if (group?.users === undefined) return;
    this.members.set(name, group.users);
    for (const user of group.users) {
      const groups = this.byUser.get(user) ?? new Set();
      this.byUser.set(user, groups.add(name));
    }
  }

  groupsOf(user: string): string[] {
    return [...(this.byUser.get(user) ?? [])].sort();
  }
}
