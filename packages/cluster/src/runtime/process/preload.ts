/** Loaded before the program of a container (`node --import`). */
import { Server } from 'node:net';
import { listenOnPod, POD_ADDRESS_VARIABLE } from './pod-address.js';

const address = process.env[POD_ADDRESS_VARIABLE];
if (address !== undefined) {
  const listen = Reflect.get(Server.prototype, 'listen') as (...args: unknown[]) => Server;
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    return listen.apply(this, listenOnPod(args, address));
  };
}
