import type { Command, Option } from 'commander';
import { booleanValue } from './boolean-option.js';

/** Makes the switches of a command take a value, as {@link switchArguments} has it. Changes the command in place. */
export function takeSwitchValues(command: Command): void {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => parse(switchArguments(args, command.options));
}

/**
 * Arguments in which switches have values as those of Go's programs do, and so those of `oc`: `--insecure=true` becomes
 * `--insecure`, `--insecure=false` nothing, and the next argument is never the value.
 */
export function switchArguments(args: readonly string[], options: readonly Option[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const isValue = (at: number) => options.some((option) => option.required && isNameOf(option, args[at - 1]));
  return args.flatMap((arg, at) => (at < end && !isValue(at) ? translated(arg, options) : [arg]));
}

function isNameOf({ long, short }: Option, arg: string | undefined): boolean {
  return arg !== undefined && (arg === long || arg === short);
}

function translated(arg: string, options: readonly Option[]): string[] {
  const [, name, text] = /^(--[a-z][A-Za-z-]*)(?:=(.*))?$/.exec(arg) ?? [];
  const option = options.find(({ long }) => long === name);
  if (name === undefined || option === undefined || option.required || option.negate) return [arg];
  if (option.optional) {
    const preset = typeof option.presetArg === 'string' ? option.presetArg : 'true';
    return [text === undefined ? `${name}=${preset}` : arg];
  }
  const value = text === undefined ? true : booleanValue(text);
  if (value === undefined) return [arg];
  return value ? [name] : [];
}
