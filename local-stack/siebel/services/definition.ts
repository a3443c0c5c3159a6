import { type Component, findComponent } from '../components.ts';
import type { Parameters } from '../parameters.ts';
import type { DataParts } from '../resource.ts';

/** JSON members by argument name. A message that was recognised stands there as {@link Message}. */
export type Values = Readonly<Record<string, unknown>>;

/** One argument of a service method, or one property of a workflow process. */
export interface Argument {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'flag' | 'set' | 'message';
  readonly direction: 'input' | 'output' | 'both';
  readonly required?: boolean;
  /** Of a message. */
  readonly integrationObject?: string;
}

/** Who calls, with which URI parameters, upon which data. */
export interface RunContext extends DataParts {
  readonly user: string;
  readonly parameters: Parameters;
  readonly nowMs: number;
}

export interface Method {
  readonly arguments: readonly Argument[];
  /** Users without this responsibility are refused. */
  readonly responsibility?: string;
  /** Output arguments; nothing: an answer without a body. */
  run(input: Values, context: RunContext): Values | undefined;
}

export interface BusinessService {
  readonly name: string;
  readonly methods: Readonly<Record<string, Method>>;
}

export const input = (name: string, kind: Argument['kind'] = 'text', more: Partial<Argument> = {}): Argument => ({
  name,
  kind,
  direction: 'input',
  ...more,
});
export const output = (name: string, kind: Argument['kind'] = 'text', more: Partial<Argument> = {}): Argument => ({
  name,
  kind,
  direction: 'output',
  ...more,
});

/** What a service's script can say inside a success: an author's own code and a text. */
export function businessFailure(code: string, message: string): Values {
  return { 'Error Code': code, 'Error Message': message };
}

/** The text of an argument; empty when it was not given or is no single value. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Arguments that are single values, as text. */
export function textsOf(values: Values): Readonly<Record<string, string>> {
  const entries = Object.entries(values).filter(([, value]) => textOf(value) !== '');
  return Object.fromEntries(entries.map(([name, value]) => [name, textOf(value)]));
}

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** None, one, or many: an absent member, an object or an array. */
export function listOf(value: unknown): Values[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

export function componentNamed(name: string): Component {
  const component = findComponent(name);
  if (!component) throw new Error(`there is no component "${name}"`);
  return component;
}
