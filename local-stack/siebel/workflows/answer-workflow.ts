import type { Answer } from '../../faults/answer.ts';
import type { DataCall, DataParts } from '../resource.ts';
import { textsOf } from '../services/definition.ts';
import { answerFailure, answerOutput, readJson } from '../services/exchange.ts';
import { readValue } from '../services/message.ts';
import { plain } from '../siebel-error.ts';
import { runProcess } from './run-process.ts';

/**
 * `POST /workflow/<Process>`, from 22.3 on: process properties at the top of the request, all outgoing ones at the top
 * of the answer, messages with their `ListOf…` sets.
 */
export function answerWorkflow(call: DataCall, parts: DataParts): Answer {
  const { method, segments, parameters, user } = call;
  try {
    const [name, ...rest] = segments;
    if (name === undefined || rest.length > 0) throw plain(404, 'The requested resource needs a workflow process.');
    if (method !== 'POST') throw plain(405, `The method ${method} is not allowed.`);
    const given = Object.entries(readJson(call.body)).map(([property, value]) => [property, readValue(value)]);
    const context = { ...parts, user, parameters, nowMs: Date.now() };
    const properties = Object.fromEntries(given);
    const work = () => answerOutput(runProcess(name, properties, context), { ...context, wrap: true });
    const run = { name, input: textsOf(properties) };
    return parts.store.transaction(work, { request: parts.request, user, run });
  } catch (error) {
    return answerFailure(error);
  }
}
