import type { components } from './schema';

type Said = components['schemas']['Problem'];

// Problem is what the server, or the way to it, said instead of an answer. Programs read code,
// people read detail.
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly request: string;
  readonly said: Partial<Said>;

  constructor(said: Partial<Said>, request = '') {
    super(said.detail ?? said.title ?? 'The server gave no reason.');
    this.name = 'Problem';
    this.said = said;
    this.status = said.status ?? 0;
    this.code = said.code ?? 'unknown';
    this.title = said.title ?? 'Problem';
    this.detail = this.message;
    this.request = said.request ?? request;
  }

  // again says whether the same request may well succeed in a moment.
  get again(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  // at is what is wrong with a place of the request, such as "body.name".
  at(location: string): string | undefined {
    return this.said.errors?.find((e) => e.location === location)?.message;
  }
}

// unreachable is the problem of a request that got no answer.
export function unreachable(): Problem {
  return new Problem({
    status: 0,
    code: 'unreachable',
    title: 'No answer',
    detail: 'Muster did not answer. It may be starting again, or the network is down. What you typed is still here.',
  });
}

// problemFrom reads an answer that is no success.
export function problemFrom(body: unknown, response: Response): Problem {
  const said = typeof body === 'object' && body !== null ? (body as Partial<Said>) : {};
  return new Problem({ title: response.statusText, ...said, status: response.status }, response.headers.get('X-Request-Id') ?? '');
}

// problemOf makes a Problem of whatever was thrown.
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ code: 'browser', title: 'This page failed', detail: error instanceof Error ? error.message : String(error) });
}
