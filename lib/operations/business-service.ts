import { ConfigurationError, UnknownOutcomeError } from '../errors.ts';
import type { CallOptions, FailureMembers, JsonObject } from '../siebel/call.ts';
import type { SiebelClient, ViewMode } from '../siebel/component.ts';
import { UndeclaredAnswerError } from '../siebel/outcome.ts';
import { isSegment } from '../siebel/path.ts';
import {
  type ArgumentInput,
  type ArgumentOutput,
  type Arguments,
  argumentSchema,
  decodeArguments,
  encodeArguments,
} from './arguments.ts';
import type { None } from './definition.ts';
import type { InputMember, Operation, OperationKind } from './operation.ts';

/**
 * What a repeated call of a service or workflow does, which nobody but its owner knows: `reads: true` changes nothing,
 * `repeatable: true` changes nothing more, `repeatable: false` does it again.
 */
export type Effect = { readonly reads: true } | { readonly repeatable: boolean };
type KindOf<E extends Effect> = E extends { readonly reads: true }
  ? 'read'
  : E extends { readonly repeatable: true }
    ? 'repeatable'
    : 'unrepeatable';

interface Called<I extends Arguments, O extends Arguments> {
  /** Arguments it takes. Default: none. */
  readonly input?: I;
  /** Arguments of its answer that are of use; others are left out. Default: none. */
  readonly output?: O;
  /**
   * Members of its answer that say whether it failed, with the values that mean success: `{ Status: ['OK'] }`. `ERROR` and
   * `Error Code` are looked at in any case.
   */
  readonly failure?: FailureMembers;
  /** It takes JSON numbers and booleans, where others take text. Default false. */
  readonly jsonValues?: boolean;
}
type ServiceOptions<I extends Arguments, O extends Arguments> = Called<I, O> & {
  /** Arguments that the service takes from the query string and not from the body. */
  readonly inQuery?: readonly (keyof I & string)[];
  /** Whose records it may see, where it looks at the mode. Default: Siebel's own, in which a technical user sees nothing. */
  readonly viewMode?: ViewMode;
  /** Sends `matchrequestformat=y`: request without `body` around it, answer with all wrappers. Default false. */
  readonly matchRequestFormat?: boolean;
};
type ServiceOperation<I, O, E extends Effect> = Operation<ArgumentInput<I>, ArgumentOutput<O>, KindOf<E>>;

/**
 * A method of a business service as an operation. What it means to call it twice has to be said.
 *
 * @throws ConfigurationError that lists everything wrong with the definition.
 * @see Siebel REST API Guide, "Using Siebel REST API to access business services"
 */
export function businessService<
  const E extends Effect,
  const I extends Arguments = None,
  const O extends Arguments = None,
>(service: string, method: string, options: ServiceOptions<I, O> & E): ServiceOperation<I, O, E>;
export function businessService(
  service: string,
  method: string,
  options: ServiceOptions<Arguments, Arguments> & Effect,
): Operation {
  const { inQuery = [], viewMode, matchRequestFormat, input = {}, failure } = options;
  const name = `business service ${service}/${method}`;
  check(name, [service, method], options, [
    ...inQuery
      .filter((each) => !isSingle(input, each))
      .map((each) => `inQuery names ${each}, which is no single value of the input`),
  ]);

  return operationOf(name, options, (client, given, repeatable, callOptions) => {
    const entries = Object.entries(given);
    // Single values are text by now.
    const asked = entries.filter(([member]) => inQuery.includes(member)) as [string, string][];
    const parameters = Object.fromEntries([...(viewMode ? [['ViewMode', viewMode]] : []), ...asked]);
    const call = {
      service,
      method,
      input: Object.fromEntries(entries.filter(([member]) => !inQuery.includes(member))),
      ...(Object.keys(parameters).length > 0 && { parameters }),
      ...(matchRequestFormat && { matchRequestFormat }),
      ...(failure && { failure }),
      repeatable,
    };
    return client.service(call, callOptions);
  });
}

/**
 * A workflow process as an operation, on Siebel 22.3 or newer; on older ones it is run by
 * `businessService('Workflow Process Manager', 'RunProcess', …)`.
 *
 * @throws ConfigurationError that lists everything wrong with the definition.
 * @see Siebel REST API Guide, "Using Siebel REST API to access Siebel workflows"
 */
export function workflow<const E extends Effect, const I extends Arguments = None, const O extends Arguments = None>(
  process: string,
  options: Called<I, O> & E,
): ServiceOperation<I, O, E>;
export function workflow(process: string, options: Called<Arguments, Arguments> & Effect): Operation {
  const name = `workflow ${process}`;
  const { failure } = options;
  check(name, [process], options);
  return operationOf(name, options, (client, input, repeatable, callOptions) =>
    client.workflow({ process, input, repeatable, ...(failure && { failure }) }, callOptions),
  );
}

function operationOf(
  name: string,
  options: Called<Arguments, Arguments> & Effect,
  call: (client: SiebelClient, input: JsonObject, repeatable: boolean, options: CallOptions) => Promise<JsonObject>,
): Operation<JsonObject, JsonObject> {
  const { input = {}, output = {}, jsonValues = false } = options;
  const kind: OperationKind = 'reads' in options ? 'read' : options.repeatable ? 'repeatable' : 'unrepeatable';
  return {
    kind,
    mayBePartial: () => kind !== 'read',
    input: argumentSchema(input),
    inputMembers: new Map(
      Object.entries(input).map(([member, argument]): [string, InputMember] => [
        member,
        { type: 'structure' in argument ? 'json' : argument.json },
      ]),
    ),
    async call(client, given, callOptions) {
      const answer = await call(
        client,
        encodeArguments(input, given, { jsonValues }),
        kind !== 'unrepeatable',
        callOptions,
      );
      const { values, issues } = decodeArguments(output, answer);
      if (issues.length === 0) return values;

      const problems = issues.map(({ message }) => message).join('; ');
      const differs = `${name}: the answer differs from its declaration: ${problems}`;
      // It has been run, and nobody may think that it has not, or that it can be run again.
      const cause = new UndeclaredAnswerError(differs);
      throw kind === 'unrepeatable' ? new UnknownOutcomeError(differs, { cause }) : cause;
    },
  };
}

function check(
  name: string,
  segments: readonly string[],
  options: Called<Arguments, Arguments> & Effect,
  others: readonly string[] = [],
): void {
  const { input = {}, output = {}, failure = {} } = options;
  const problems = [
    ...segments
      .filter((each) => !isSegment(each))
      .map((each) => `${JSON.stringify(each)} is a name that Siebel cannot have`),
    ...effectProblem(options),
    ...[...Object.keys(input), ...Object.keys(output)]
      .filter((each) => each.trim() === '')
      .map(() => 'an argument has no name'),
    ...Object.entries(failure)
      .filter(([, values]) => !Array.isArray(values) || values.length === 0)
      .map(([member]) => `failure.${member} names no value that means success`),
    ...others,
  ];
  if (problems.length > 0) throw new ConfigurationError(`${name}: ${problems.join('; ')}`);
}

/** The compiler demands one of the two; a config file that was not compiled may say neither, or both. */
function effectProblem({ reads, repeatable }: { readonly reads?: unknown; readonly repeatable?: unknown }): string[] {
  const onlyReads = reads === true && repeatable === undefined;
  const onlyWrites = reads === undefined && typeof repeatable === 'boolean';
  return onlyReads || onlyWrites ? [] : ['say either reads: true, or repeatable: true or false'];
}

function isSingle(members: Arguments, name: string): boolean {
  const argument = Object.hasOwn(members, name) ? members[name] : undefined;
  return argument !== undefined && !('structure' in argument);
}
