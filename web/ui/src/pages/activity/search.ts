// RequestFilter is which requests are listed; it stands in the address.
export interface RequestFilter {
  q?: string;
  connector?: string;
  user?: string;
  group?: string;
  method?: string;
  status?: string;
  failed?: true;
  since?: string;
  until?: string;
}

// EventFilter is which events are listed; it stands in the address.
export interface EventFilter {
  q?: string;
  connector?: string;
  user?: string;
  group?: string;
  action?: string;
  actor?: string;
  request?: string;
  outcome?: 'done' | 'refused' | 'would';
  since?: string;
  until?: string;
}

type Search = Record<string, unknown>;

// The router reads what looks like a number as one; what is asked for is text.
function text(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

// moment is a time of the address, or undefined where it is none.
function moment(search: Search, name: string): string | undefined {
  const value = text(search, name);
  return value === undefined || Number.isNaN(Date.parse(value)) ? undefined : new Date(value).toISOString();
}

// requestFilter and eventFilter read an address.
export function requestFilter(search: Search): RequestFilter {
  const status = text(search, 'status');
  return {
    q: text(search, 'q'), connector: text(search, 'connector'), user: text(search, 'user'), group: text(search, 'group'), method: text(search, 'method'),
    status: status !== undefined && /^[2-5](\d\d|xx)$/.test(status) ? status : undefined, failed: search['failed'] === true ? true : undefined,
    since: moment(search, 'since'), until: moment(search, 'until'),
  };
}

export function eventFilter(search: Search): EventFilter {
  const outcome = text(search, 'outcome');
  return {
    q: text(search, 'q'), connector: text(search, 'connector'), user: text(search, 'user'), group: text(search, 'group'), action: text(search, 'action'), actor: text(search, 'actor'),
    request: text(search, 'request'), outcome: outcome === 'done' || outcome === 'refused' || outcome === 'would' ? outcome : undefined,
    since: moment(search, 'since'), until: moment(search, 'until'),
  };
}

// narrowed says whether a filter leaves something out.
export function narrowed(filter: object): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}
