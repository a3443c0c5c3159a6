import type { Answer } from '../../faults/answer.ts';
import { readSlice } from '../query-options.ts';
import type { DataCall, DataParts } from '../resource.ts';
import { answerEmpty, answerError, json } from '../responses.ts';
import type { SiebelSettings } from '../settings.ts';
import { plain, SiebelError } from '../siebel-error.ts';
import { dataCatalogue, describeData } from './data-description.ts';
import { catalogueOf, type Description } from './description.ts';
import { openApi, swagger } from './documents.ts';
import { describeMethod, describeProcess, serviceCatalogue, workflowCatalogue } from './service-description.ts';

/**
 * `GET …/describe`: metadata of a data component, a service method or a process, or a page of the catalogue above them.
 * `openapiversion=2` asks for Swagger 2.0 where OpenAPI 3.0 is the rule.
 */
export function answerDescribe(call: DataCall, { settings }: Pick<DataParts, 'settings'>): Answer {
  try {
    if (call.method !== 'GET') throw plain(405, `The method ${call.method} is not allowed.`);
    const description = descriptionOf(call, settings);
    if (description === undefined) return answerEmpty(settings);
    const older = settings.describe === 'swagger 2.0' || call.parameters.get('openapiversion') === '2';
    return json(200, (older ? swagger : openApi)(description, settings));
  } catch (error) {
    if (error instanceof SiebelError) return answerError(error.status, error.message);
    throw error;
  }
}

function descriptionOf(call: DataCall, settings: SiebelSettings): Description | undefined {
  const [root = '', ...rest] = call.segments;
  if (root === 'data')
    return rest.length < 2 ? page(dataCatalogue(rest), call, settings) : describeData(rest, settings);
  if (root === 'service')
    return rest.length < 2 ? page(serviceCatalogue(rest), call, settings) : describeMethod(rest, settings);
  if (root === 'workflow' && settings.workflows)
    return rest.length < 1 ? page(workflowCatalogue(), call, settings) : describeProcess(rest, settings);
  throw plain(404, `The resource '${root}' was not found.`);
}

/** Nothing behind the last page. */
function page(
  entries: readonly { path: string; name: string }[],
  { parameters }: DataCall,
  settings: SiebelSettings,
): Description | undefined {
  const { pageSize, offset } = readSlice(parameters, settings, { isChild: false });
  const shown = entries.slice(offset, offset + pageSize);
  return shown.length === 0 ? undefined : catalogueOf('Siebel REST API', shown);
}
