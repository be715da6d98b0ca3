import type { ObjectAccess } from '@longshore/apiserver';

/**
 * Objects of an API server that is yet to be made: it asks the authenticator who its clients are, and the authenticator asks its
 * objects. Errors: `TypeError` when it is used before it is bound.
 */
export class LateObjects implements ObjectAccess {
  private objects: ObjectAccess | undefined;

  bind(objects: ObjectAccess): void {
    this.objects = objects;
  }

  private get bound(): ObjectAccess {
    if (this.objects === undefined) throw new TypeError('the API server is not there yet');
    return this.objects;
  }

  get shared(): ObjectAccess['shared'] {
    return this.bound.shared;
  }

  get: ObjectAccess['get'] = (...parameters) => this.bound.get(...parameters);
  list: ObjectAccess['list'] = (...parameters) => this.bound.list(...parameters);
  watch: ObjectAccess['watch'] = (...parameters) => this.bound.watch(...parameters);
  create: ObjectAccess['create'] = (...parameters) => this.bound.create(...parameters);
  update: ObjectAccess['update'] = (...parameters) => this.bound.update(...parameters);
  updateStatus: ObjectAccess['updateStatus'] = (...parameters) => this.bound.updateStatus(...parameters);
  createWithStatus: ObjectAccess['createWithStatus'] = (...parameters) => this.bound.createWithStatus(...parameters);
  change: ObjectAccess['change'] = (...parameters) => this.bound.change(...parameters);
  commit: ObjectAccess['commit'] = (...parameters) => this.bound.commit(...parameters);
  delete: ObjectAccess['delete'] = (...parameters) => this.bound.delete(...parameters);
}
