import type { Answer } from '../../faults/answer.ts';
import { GUEST } from '../access.ts';
import type { Parameters } from '../parameters.ts';
import type { DataCall, DataParts } from '../resource.ts';
import type { SiebelSettings } from '../settings.ts';
import { accessDenied, plain, unknownObject } from '../siebel-error.ts';
import { type Argument, isObject, type Method, type RunContext, textOf, textsOf, type Values } from './definition.ts';
import { answerFailure, answerOutput, readJson } from './exchange.ts';
import { readValue } from './message.ts';
import { findService } from './services.ts';

/**
 * `POST /service/<Business Service>/<Method>`. Arguments stand inside `body`, and elsewhere are silently ignored; with
 * `matchrequestformat=y` (once `legacy=y`) they stand at the top, and messages in the answer keep their `ListOf…` sets.
 */
export function answerService(call: DataCall, parts: DataParts): Answer {
  try {
    const { name, method } = findMethod(call);
    allow(name, method, { call, parts });
    const matches = wantsOwnFormat(call.parameters, parts.settings);
    const input = { ...fromQuery(method.arguments, call), ...readInput(call.body, { matches }) };
    const parameters = withArguments(call.parameters, input);
    const context: RunContext = { ...parts, user: call.user, parameters, nowMs: Date.now() };
    const work = () => {
      const result = method.run(input, context);
      return result ? answerOutput(result, { ...context, wrap: matches }) : { status: 200 };
    };
    const run = { name: call.segments.join('/'), input: textsOf(input) };
    return parts.store.transaction(work, { request: parts.request, user: call.user, run });
  } catch (error) {
    return answerFailure(error);
  }
}

/** Whether the answer is to have the format of the request. The parameter is known by the name of the release alone. */
function wantsOwnFormat(parameters: Parameters, { requestFormat }: SiebelSettings): boolean {
  return requestFormat !== 'none' && /^y$/i.test(parameters.get(requestFormat) ?? '');
}

function findMethod({ method: verb, segments }: DataCall): { name: string; method: Method } {
  const [name = '', methodName, ...rest] = segments;
  const service = findService(name);
  if (!service) throw unknownObject('Business Service', name);
  if (methodName === undefined || rest.length > 0)
    throw plain(404, 'The requested resource needs a business service and a method.');
  if (verb !== 'POST') throw plain(405, `The method ${verb} is not allowed.`);
  const method = Object.hasOwn(service.methods, methodName) ? service.methods[methodName] : undefined;
  if (!method) throw plain(500, `Business service '${name}' does not have a method '${methodName}'.`);
  return { name, method };
}

function allow(name: string, { responsibility }: Method, { call, parts }: { call: DataCall; parts: DataParts }): void {
  const held = parts.settings.responsibilities[call.user] ?? [];
  if (call.user === GUEST || (responsibility !== undefined && !held.includes(responsibility)))
    throw accessDenied(name, 'BUS_SVC');
}

/** Simple arguments may come in the query string, under their own names. */
function fromQuery(args: readonly Argument[], { parameters }: DataCall): Values {
  const found = args
    .filter(({ direction, kind }) => direction !== 'output' && kind === 'text')
    .map(({ name }) => [name, parameters.get(name)] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(found);
}

function readInput(text: string, { matches }: { matches: boolean }): Values {
  const sent = readJson(text);
  const inner = matches ? sent : sent['body'];
  const entries = Object.entries(isObject(inner) ? inner : {});
  return Object.fromEntries(entries.map(([name, value]) => [name, readValue(value)]));
}

/** Pages and the view mode of a query may be given among the arguments, too. */
function withArguments(parameters: Parameters, input: Values): Parameters {
  const given = PAGING.filter((name) => textOf(input[name]) !== '');
  return {
    ...parameters,
    get(name) {
      const argument = given.find((known) => known.toLowerCase() === name.toLowerCase());
      return argument === undefined ? parameters.get(name) : textOf(input[argument]);
    },
  };
}

const PAGING: readonly string[] = ['PageSize', 'StartRowNum', 'ViewMode'];
