/** Where it is announced that calls were done or parked. */
export interface OutcomeEvents {
  /** `default`, or the name of an event bus in the same account and region. */
  readonly bus: string;
}

/** What the pipe between the state table's stream and the event bus takes, and makes of it. */
export interface OutcomePipe {
  readonly bus: string;
  readonly detailType: string;
  /** Event patterns, of which one has to fit. */
  readonly filters: readonly object[];
  /** Text of the event's `detail`, with paths into the stream's record. */
  readonly inputTemplate: string;
}

const BUS = /^(?!aws\.)[A-Za-z0-9._/-]{1,256}$/;

/** The pipe of an integration; `null` when nothing is to be announced. */
export function outcomePipe(outcomeEvents: OutcomeEvents | undefined): OutcomePipe | null {
  if (!outcomeEvents) return null;
  return {
    bus: outcomeEvents.bus,
    detailType: 'Siebel Call Settled',
    filters: ['DONE', 'REJECTED'].map(becomes),
    inputTemplate: INPUT_TEMPLATE,
  };
}

/** What is wrong with where outcomes are to be announced; empty when nothing is. */
export function outcomeProblems(outcomeEvents: OutcomeEvents | undefined): string[] {
  // Not only what the compiler lets through: a bus that is not named would be one named "undefined".
  return outcomeEvents === undefined || (typeof outcomeEvents?.bus === 'string' && BUS.test(outcomeEvents.bus))
    ? []
    : ["outcomeEvents.bus is neither 'default' nor the name of an event bus"];
}

/** A call item that gets into this state and was not in it before. */
function becomes(state: string): object {
  return {
    eventName: ['INSERT', 'MODIFY'],
    dynamodb: {
      Keys: { pk: { S: [{ prefix: 'call#' }] } },
      NewImage: { state: { S: [state] } },
      OldImage: { state: { S: [{ 'anything-but': [state] }, { exists: false }] } },
    },
  };
}

// Never body, input, attributes or detail. What a record always has stands without quotes, as the pipe then writes it as JSON; a
// code or a record may be missing, which leaves the quotes empty.
const INPUT_TEMPLATE = `{${[
  '"key": <$.dynamodb.NewImage.key.S>',
  '"operation": <$.dynamodb.NewImage.operation.S>',
  '"state": <$.dynamodb.NewImage.state.S>',
  '"code": "<$.dynamodb.NewImage.code.S>"',
  '"recordId": "<$.dynamodb.NewImage.recordId.S>"',
].join(', ')}}`;
