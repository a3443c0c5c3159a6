/** Kinds of resources. A token needs the scope of that name. */
export type ResourceRoot = 'data' | 'service' | 'workflow';

export interface ResourceAddress {
  readonly kind: 'resource';
  readonly root: ResourceRoot;
  /** Decoded, below the root; where the resource is described, with the root and without the last `describe`. */
  readonly segments: readonly string[];
  /** Whether the path ends in `describe`. */
  readonly describes: boolean;
}

/** What a path names. */
export type Address =
  | ResourceAddress
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'other' }
  /** What Tomcat turns away before Siebel sees it. */
  | { readonly kind: 'refused'; readonly status: 400 | 404; readonly reason: string };

/** Decodes the path segment by segment. A slash or backslash inside a segment, even encoded, is refused as Tomcat does. */
export function parsePath(path: string, contextPath: string): Address {
  if (!path.startsWith(`${contextPath}/`)) return { kind: 'refused', status: 404, reason: 'Not Found' };
  const raw = path
    .slice(contextPath.length + 1)
    .replace(/\/$/, '')
    .split('/');
  const segments: string[] = [];
  for (const segment of raw) {
    const text = decodedSegment(segment);
    if (text === undefined) return { kind: 'refused', status: 400, reason: 'Bad Request' };
    segments.push(text);
  }
  const [kind, ...rest] = segments;
  if (kind === 'heartbeat' && rest.length === 0) return { kind };
  if (!isRoot(kind)) return { kind: 'other' };
  const describes = rest.at(-1) === 'describe';
  return { kind: 'resource', root: kind, segments: describes ? segments.slice(0, -1) : rest, describes };
}

function isRoot(name: string | undefined): name is ResourceRoot {
  return name === 'data' || name === 'service' || name === 'workflow';
}

function decodedSegment(segment: string): string | undefined {
  if (/%2f|%5c|\\|^\.{1,2}$|^(%2e){1,2}$/i.test(segment)) return undefined;
  try {
    const text = decodeURIComponent(segment);
    return text === '' || /[\x00-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
