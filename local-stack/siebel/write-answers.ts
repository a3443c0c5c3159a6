import type { Answer } from '../faults/answer.ts';
import type { Component } from './components.ts';
import type { Parent } from './data-address.ts';
import { writtenLink } from './links.ts';
import type { Parameters } from './parameters.ts';
import { json, wantsUniform } from './responses.ts';
import type { SiebelSettings } from './settings.ts';
import type { Written } from './write.ts';

export interface WriteAnswerContext {
  readonly component: Component;
  readonly parameters: Parameters;
  readonly settings: SiebelSettings;
  readonly parent?: Parent | undefined;
}

/** One record: its row id and one link, both as objects; children that were written with it stand in it. */
export function answerWritten(written: Written, context: WriteAnswerContext): Answer {
  return answerItem(200, writtenItem(written, context), context);
}

/** A batch: a bare array. */
export function answerBatch(written: readonly Written[], context: WriteAnswerContext): Answer {
  return json(
    200,
    written.map((one) => writtenItem(one, context)),
  );
}

/** A child: the parent, with the child in it; in IP2016 the parent alone, mostly as created. */
export function answerChild(written: Written, context: WriteAnswerContext & { parent: Parent }): Answer {
  const { component, parent, settings } = context;
  if (settings.childWriteAnswer !== 'child') return answerParent(context);
  const child = { name: component.name, component, written: [written] };
  return answerItem(200, writtenItem({ id: parent.id, children: [child] }, { ...parent, settings }), context);
}

/** Several children: a bare array, in which the links are arrays even though this is a write. */
export function answerChildren(written: readonly Written[], context: WriteAnswerContext & { parent: Parent }): Answer {
  if (context.settings.childWriteAnswer !== 'child') return answerParent(context);
  return json(
    200,
    written.map(({ id }) => ({ Id: id, Link: [writtenLink(id, context)] })),
  );
}

function answerParent(context: WriteAnswerContext & { parent: Parent }): Answer {
  const { parent, settings } = context;
  const status = settings.childWriteAnswer === 'parent only' ? 201 : 200;
  return answerItem(status, writtenItem({ id: parent.id, children: [] }, { ...parent, settings }), context);
}

function answerItem(status: number, item: unknown, context: WriteAnswerContext): Answer {
  return json(status, { items: wantsUniform(context) ? [item] : item });
}

type ItemContext = Pick<WriteAnswerContext, 'component' | 'settings' | 'parent'>;

function writtenItem({ id, children }: Written, context: ItemContext): Record<string, unknown> {
  const members = children.map(({ name, component, written }) => {
    const link = context.component.children[name];
    const parent = link && { component: context.component, id, link, parent: context.parent };
    const items = written.map((one) => writtenItem(one, { component, settings: context.settings, parent }));
    return [name, items.length === 1 ? items[0] : items];
  });
  return { Id: id, Link: writtenLink(id, context), ...Object.fromEntries(members) };
}
