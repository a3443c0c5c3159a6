import type { Answer } from '../faults/answer.ts';
import { answerTomcat } from './responses.ts';
import type { SiebelSettings } from './settings.ts';

/** The page of a servlet container whose application is stopped, or is not there while it is being replaced. */
export function answerMaintenance(maintenance: Exclude<SiebelSettings['maintenance'], false>): Answer {
  return maintenance === '503' ? answerTomcat(503, 'Service Unavailable') : answerTomcat(404, 'Not Found');
}
