/** One HTTP request to the origin that its client was made for. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, already encoded: `/siebel/v1.0/data/Account/Account?PageSize=100`. Visible ASCII, no blanks. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Instant after which no answer is of use, by `Clock.now()`; the client's own total time limit holds as well. */
  readonly deadlineAtMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One whole answer; anything less is an error. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed, within the client's size limit. */
  readonly body: Buffer;
  /** From the call of `request` to the last byte of the body. */
  readonly durationMs: number;
}

/**
 * One request, one answer or no answer. It never repeats a request and never follows a redirect: a 3xx answer is
 * returned like any other, and its reader decides.
 */
export interface HttpClient {
  /**
   * @throws NoResponseError when no whole answer came; its `sent` tells whether a byte may have left.
   * @throws TlsError when the other side could not prove who it is.
   * @throws Error when the request cannot be put on the wire as it is: a defect of the caller.
   * @throws UnusableResponseError when the body is over the limit, truncated, or in an encoding that was not asked for.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Ends all connections; requests in flight fail. */
  close(): Promise<void>;
}
