import {
  all,
  type Condition,
  conditions,
  not,
  type Operator,
  type OperatorsOf,
  searchSpecification,
} from '../../lib/siebel/search-specification.ts';
import {
  attachment,
  type DeclaredFields,
  date,
  decimal,
  type Field,
  flag,
  integer,
  oneOf,
  optional,
  searchedAs,
  text,
  utcDateTime,
} from '../../lib/siebel/values.ts';

// Programs that must and must not compile: read by the type check, never run.

const { field } = conditions({
  Name: text(100),
  Status: optional(oneOf('Active', 'Inactive')),
  VIP: flag(),
  Staff: searchedAs('Employees', optional(integer())),
  Amount: decimal({ digits: 10, scale: 2 }),
  Birthday: date(),
  Updated: utcDateTime(),
  Content: attachment(1_000),
});

all(
  field('Name').startsWith('Ac'),
  not(field('Status').is('Active')),
  field('Id').greaterThan('1-2'),
) satisfies Condition;
field('Staff').between(1, 10) satisfies Condition;
field('Amount').atLeast('12.50') satisfies Condition;
field('Content').isNull() satisfies Condition;

'startsWith' satisfies OperatorsOf<Field<string, false, false, 'text'>>;
'isNull' satisfies OperatorsOf<Field<string, false, false, 'attachment'>>;
// @ts-expect-error a flag is not less than another
'lessThan' satisfies OperatorsOf<Field<boolean, false, false, 'flag'>>;
// @ts-expect-error two values are no comparison with one
'between' satisfies Operator;

// @ts-expect-error a field that is not declared
field('Nam');
// @ts-expect-error the name that searches use is not the declared one
field('Employees');
// @ts-expect-error a number is no text
field('Name').is(5);
// @ts-expect-error a text is no number
field('Staff').is('5');
// @ts-expect-error a binary number is no decimal
field('Amount').is(12.5);
// @ts-expect-error a flag is true or false
field('VIP').is('Y');
// @ts-expect-error a flag is not less than another
field('VIP').lessThan(true);
// @ts-expect-error not a value of the list
field('Status').is('Open');
// @ts-expect-error values of a list have no order
field('Status').atLeast('Active');
// @ts-expect-error a date has no prefix
field('Birthday').startsWith('2025');
// @ts-expect-error content cannot be compared
field('Content').is('QQ==');
// @ts-expect-error null is asked for by isNull
field('Name').is(null);
// @ts-expect-error there is no search for what ends in a text
field('Name').endsWith('x');
// @ts-expect-error at least one condition
all();
// @ts-expect-error a condition is built, never written
all('[Name] = "x"');
// @ts-expect-error nor made of an object
searchSpecification({ field: 'Name', operator: '=', value: 'x' });

/** Fields whose names are known at run time only. */
export function atLeast(declared: DeclaredFields, name: string, value: unknown): Condition {
  return conditions(declared).field(name).atLeast(value);
}
