import { plain } from '../siebel-error.ts';
import { type BusinessService, input, type Method, output, textOf, type Values } from './definition.ts';
import { deleteById, firstId, insertMessage, queryByExample, queryById, upsertMessage } from './integration-objects.ts';
import { Message } from './message.ts';

const ACCOUNT_INTERFACE = 'Account Interface';

/** One of the services that Siebel brings along for one integration object. */
export const siebelAccount: BusinessService = {
  name: 'Siebel Account',
  methods: {
    QueryByExample: {
      arguments: [messageIn(ACCOUNT_INTERFACE), messageOut(ACCOUNT_INTERFACE)],
      run: (values, context) => found(queryByExample(messageOf(values), context)),
    },
    QueryById: {
      arguments: [input('PrimaryRowId', 'text', { required: true }), messageOut(ACCOUNT_INTERFACE)],
      run: (values, context) => found(queryById(ACCOUNT_INTERFACE, textOf(values['PrimaryRowId']), context)),
    },
    Insert: {
      arguments: [messageIn(ACCOUNT_INTERFACE), messageOut(ACCOUNT_INTERFACE)],
      run: (values, context) => ({ SiebelMessage: insertMessage(messageOf(values), context) }),
    },
    InsertOrUpdate: {
      arguments: [messageIn(ACCOUNT_INTERFACE), messageOut(ACCOUNT_INTERFACE)],
      run: (values, context) => ({ SiebelMessage: upsertMessage(messageOf(values), context) }),
    },
    Delete: {
      arguments: [input('PrimaryRowId', 'text', { required: true })],
      run(values, context) {
        deleteById(ACCOUNT_INTERFACE, textOf(values['PrimaryRowId']), context);
        return undefined;
      },
    },
  },
};

/** The generic service for messages of any integration object. */
export const siebelAdapter: BusinessService = {
  name: 'EAI Siebel Adapter',
  methods: {
    Query: {
      arguments: [
        input('OutputIntObjectName'),
        input('PrimaryRowId'),
        messageIn(undefined, { required: false }),
        messageOut(undefined),
        output('NumOutputObjects'),
      ],
      run(values, context) {
        const { SiebelMessage: example, OutputIntObjectName: name, PrimaryRowId: id } = values;
        const message =
          example instanceof Message ? queryByExample(example, context) : queryById(textOf(name), textOf(id), context);
        return { ...found(message), NumOutputObjects: String(message.records.length) };
      },
    },
    Insert: adapterWrite(insertMessage),
    Upsert: adapterWrite(upsertMessage),
  },
};

function adapterWrite(write: typeof insertMessage): Method {
  return {
    arguments: [messageIn(undefined), messageOut(undefined), output('PrimaryRowId')],
    run(values, context) {
      const message = write(messageOf(values), context);
      return { SiebelMessage: message, PrimaryRowId: firstId(message) };
    },
  };
}

function messageIn(integrationObject: string | undefined, { required = true } = {}) {
  return input('SiebelMessage', 'message', { required, ...(integrationObject !== undefined && { integrationObject }) });
}

function messageOut(integrationObject: string | undefined) {
  return output('SiebelMessage', 'message', { ...(integrationObject !== undefined && { integrationObject }) });
}

function messageOf({ SiebelMessage: message }: Values): Message {
  if (!(message instanceof Message)) throw plain(500, "The argument 'SiebelMessage' holds no message.");
  return message;
}

/** A query that found nothing answers without a message. */
function found(message: Message): Values {
  return message.records.length === 0 ? {} : { SiebelMessage: message };
}
