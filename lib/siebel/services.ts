import { SiebelResponseError, UnknownOutcomeError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { outputOf } from './answers.ts';
import type { CallKind, FailureMembers, JsonObject } from './call.ts';
import type { CallParts } from './call-parts.ts';
import type { SiebelClient } from './component.ts';
import { servicePath, workflowPath } from './path.ts';
import type { Parameter } from './site.ts';

/**
 * Business services and workflows. Their input stands in `body` for a service and at the top for a workflow: Siebel
 * passes silently over arguments in the wrong place.
 *
 * @see Siebel REST API Guide, "Using the Siebel REST API to Invoke Business Services" and "… Workflows"
 */
export function services({
  send,
  baseUrl,
  content,
  target,
  inWorkspace,
}: CallParts): Pick<SiebelClient, 'service' | 'workflow'> {
  const output = (response: HttpResponse, called: string, failure: FailureMembers = {}): JsonObject => {
    // Empty is how a service answers that has no output arguments.
    if (response.status === 200 && response.body.length === 0) return {};
    const answer = content(response, called, failure);
    return answer === 'no-data' ? {} : outputOf(answer.json, response.status);
  };

  return {
    async service({ input, parameters = {}, matchRequestFormat, repeatable, failure, ...called }, options) {
      const extra: Parameter[] = matchRequestFormat ? [['matchrequestformat', 'y']] : [];
      const path = target(servicePath(baseUrl, called), [...Object.entries(parameters), ...extra]);
      const body = JSON.stringify(matchRequestFormat ? input : { body: input });
      return send({ kind: kindOf(repeatable), method: 'POST', path, body }, options, (response) =>
        unlessBegun(repeatable, () => output(response, `${called.service}.${called.method}`, failure)),
      );
    },

    async workflow({ process, input, repeatable, failure }, options) {
      const path = inWorkspace(workflowPath(baseUrl, process), []);
      const body = JSON.stringify(input);
      return send({ kind: kindOf(repeatable), method: 'POST', path, body }, options, (response) =>
        unlessBegun(repeatable, () => output(response, process, failure)),
      );
    },
  };
}

/** Codes about records, which an address of a service or workflow has none of. */
const FROM_WITHIN = /^SBL-DAT-/;

/** A name that is not known to a service or workflow itself is met on its way: what it did before may stay. */
function unlessBegun(repeatable: boolean, read: () => JsonObject): JsonObject {
  try {
    return read();
  } catch (error) {
    const isOurs = !(error instanceof SiebelResponseError && error.failureClass === 'configuration');
    if (repeatable || isOurs || !error.siebelCodes.some((code) => FROM_WITHIN.test(code))) throw error;
    throw new UnknownOutcomeError('Siebel may have done a part of this call before it failed within', { cause: error });
  }
}

function kindOf(repeatable: boolean): CallKind {
  return repeatable ? 'repeatable' : 'unrepeatable';
}
