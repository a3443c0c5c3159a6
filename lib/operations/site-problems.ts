import { IntegrationError } from '../errors.ts';
import { isObject } from '../json.ts';
import { integrationUserOf, largestPage, PARAMETER_NAMES, type SiebelSite, siteHeaders } from '../siebel/site.ts';

const MEMBERS: readonly string[] = [
  'parameterNames',
  'integrationUser',
  'workspace',
  'headers',
  'quoteEscape',
  'maxPageSize',
  'maxSearchLength',
  'maxUrlLength',
] satisfies (keyof SiebelSite)[];
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const WORKSPACE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Everything wrong with what `siebel.config.ts` says of its Siebel; empty when nothing is. */
export function siteProblems(site: SiebelSite): string[] {
  const { parameterNames = {}, workspace, quoteEscape, maxSearchLength, maxUrlLength } = site;
  return [
    ...Object.keys(site).flatMap((name) => (MEMBERS.includes(name) ? [] : [`site.${name} is not known`])),
    ...parameterProblems(parameterNames),
    ...(workspace === undefined || (typeof workspace === 'string' && WORKSPACE.test(workspace))
      ? []
      : ['site.workspace is not the name of a workspace']),
    ...Object.entries(site.headers ?? {}).flatMap(([name, value]) =>
      refusedBy(siteHeaders, { headers: { [name]: value } }),
    ),
    ...refusedBy(integrationUserOf, site),
    ...refusedBy(largestPage, site),
    ...(quoteEscape === undefined || ['refuse', 'doubling'].includes(quoteEscape)
      ? []
      : ["site.quoteEscape is neither 'refuse' nor 'doubling'"]),
    ...lengthProblem('maxSearchLength', maxSearchLength),
    ...lengthProblem('maxUrlLength', maxUrlLength),
  ];
}

function parameterProblems(given: Readonly<Record<string, string>>): string[] {
  if (!isObject(given)) return ['site.parameterNames is not an object'];
  const names = PARAMETER_NAMES.map((name) => (Object.hasOwn(given, name) ? given[name] : name));
  const lowerCased = names.map((name) => String(name).toLowerCase());
  return [
    ...Object.entries(given).flatMap(([name, wanted]) => [
      ...(PARAMETER_NAMES.some((known) => known === name)
        ? []
        : [`site.parameterNames.${name} is not a parameter of Siebel`]),
      ...(typeof wanted === 'string' && NAME.test(wanted)
        ? []
        : [`site.parameterNames.${name} is not a name that a parameter can have`]),
    ]),
    ...(new Set(lowerCased).size < lowerCased.length ? ['site.parameterNames gives two parameters one name'] : []),
  ];
}

/** What the client itself refuses of a site. */
function refusedBy(read: (site: SiebelSite) => unknown, site: SiebelSite): string[] {
  try {
    read(site);
    return [];
  } catch (error) {
    if (error instanceof IntegrationError) return [error.message];
    throw error;
  }
}

function lengthProblem(name: 'maxSearchLength' | 'maxUrlLength', length: number | undefined): string[] {
  return length === undefined || (Number.isInteger(length) && length >= 200 && length <= 100_000)
    ? []
    : [`site.${name} is not a whole number from 200 to 100000`];
}
