// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- for the rooms that compile this one too
/// <reference path="./undici-parts.d.ts" />
/**
 * The parts of undici that talk to registries. Its index loads `fetch`, web sockets, caches and mocks as well, for which a short
 * command would wait as long as for all modules of ours; and it is what gives dispatchers their methods.
 */
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import symbols from 'undici/lib/core/symbols.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

Object.assign(Dispatcher.prototype, { connect, request });

export const { kParser } = symbols;
export { buildConnector as makeConnector, Pool, ProxyAgent };
