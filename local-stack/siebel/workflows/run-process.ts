import { GUEST } from '../access.ts';
import { type RunContext, textOf, type Values } from '../services/definition.ts';
import { accessDenied, inStep, SiebelError, unknownObject } from '../siebel-error.ts';
import { type Process, STANDARD_PROPERTIES } from './definition.ts';
import { PROCESSES } from './processes.ts';

/**
 * Runs a process with these properties and gives all of its properties that go out.
 *
 * @throws SiebelError when there is no such process, when the user may not run it, or when one of its steps fails.
 */
export function runProcess(name: string, given: Values, context: RunContext): Values {
  const process = PROCESSES.find((known) => known.name === name);
  if (!process) throw unknownObject('Workflow Process Definition', name);
  const held = context.settings.responsibilities[context.user] ?? [];
  if (context.user === GUEST || (process.responsibility !== undefined && !held.includes(process.responsibility)))
    throw accessDenied(name, 'BUS_PROC');

  const result = runSteps(process, given, context);
  const standard = STANDARD_PROPERTIES.map((property) => [property, textOf(result[property])]);
  const own = process.properties
    .filter(({ direction }) => direction !== 'input')
    .map((property) => [property.name, result[property.name] ?? emptyIf(property.kind !== 'message')] as const);
  const inOut = own.filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(inOut), ...Object.fromEntries(standard) };
}

function runSteps(process: Process, given: Values, context: RunContext): Values {
  const before: Values = {
    ...given,
    'Error Code': '',
    'Error Message': '',
    'Siebel Operation Object Id': '',
    'Process Instance Id': context.nextId(),
  };
  try {
    return { ...before, ...process.run(before, context) };
  } catch (error) {
    throw error instanceof SiebelError ? inStep(process.name, error) : error;
  }
}

function emptyIf(isText: boolean): string | undefined {
  return isText ? '' : undefined;
}
