import type { Argument } from './arguments.ts';
import type { Envelope, EventMapping } from './event-mapping.ts';

const ENVELOPES: readonly Envelope[] = ['none', 'sns', 'eventbridge'];

type Members = Readonly<Record<string, Argument>>;

/** Everything that is wrong with the mappings of producers' events, by themselves and in their order. */
export function mappingProblems(mappings: readonly EventMapping[]): string[] {
  return mappings.flatMap((mapping, index) => [
    ...ownProblems(mapping),
    ...mappings.slice(0, index).flatMap((earlier) => orderProblems(earlier, mapping)),
  ]);
}

function ownProblems({ operation, envelope, members }: EventMapping): string[] {
  const at = `queue.accepts: the event for ${operation}`;
  return [
    ...(ENVELOPES.includes(envelope) ? [] : [`${at} has an envelope that is none of ${ENVELOPES.join(', ')}`]),
    ...(requiredOf(members).length > 0
      ? []
      : [`${at} has no member that it needs, so that every message would be one`]),
    ...(envelope === 'none' && Object.hasOwn(members, 'operation')
      ? [
          `${at} has a member operation, by which our own messages are told: without an envelope it is never taken for an event`,
        ]
      : []),
  ];
}

/** A mapping is never reached when one before it takes what it takes. */
function orderProblems(earlier: EventMapping, later: EventMapping): string[] {
  if (earlier.envelope !== later.envelope || !takes(earlier.members, later.members)) return [];
  const at = `queue.accepts: the event for ${later.operation} is taken by the mapping for ${earlier.operation}, which stands before it`;
  return takes(later.members, earlier.members)
    ? [`${at} and needs the same members: declare one by which they differ, as oneOf('OrderPlaced')`]
    : [`${at} and needs fewer members: put the one for ${later.operation} first`];
}

/** Whether the first takes an event that has what the second needs, and nothing else. */
function takes(members: Members, others: Members): boolean {
  const needed = requiredOf(others);
  return (
    requiredOf(members).every((name) => needed.includes(name)) &&
    needed.every((name) => {
      const [own, other] = [members[name], others[name]];
      return own === undefined || other === undefined || takesValue(own, other);
    })
  );
}

/** Lengths do not count: no producer's events are told apart by how long a text is. */
function takesValue(own: Argument, other: Argument): boolean {
  if ('structure' in own || 'structure' in other) {
    const alike = 'structure' in own && 'structure' in other && own.structure === other.structure;
    return alike && takes(own.members, other.members);
  }
  if (own.kind === 'text') return other.json === 'string';
  // Whatever else has values of its own, as oneOf, may be what tells the two apart.
  return own.kind === 'oneOf' ? own.schema === other.schema : own.kind === other.kind;
}

function requiredOf(members: Members): string[] {
  return Object.keys(members).filter((name) => !members[name]?.optional);
}
