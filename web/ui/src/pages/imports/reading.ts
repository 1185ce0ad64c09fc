import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, ask, base, type Schema } from '../../api/client';
import { problemFrom, unreachable } from '../../api/problem';
import { credentials } from '../../auth';
import type { RowFilter } from './routes';
import { moving } from './words';

// importsOf reads a page of a directory's imports, the newest first, and again while one moves.
export function importsOf(d: string, cursor?: string) {
  return queryOptions({
    queryKey: ['directories', d, 'imports', { cursor }],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/imports', { params: { path: { d }, query: { limit: 50, cursor } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.items.some((i) => moving(i.state)) ? 2_000 : false),
  });
}

// oneImport reads an import, again and again while it moves.
export function oneImport(d: string, id: string) {
  return queryOptions({
    queryKey: ['directories', d, 'imports', id],
    queryFn: ({ signal }) => ask(api.GET('/directories/{d}/imports/{id}', { params: { path: { d, id } }, signal })),
    refetchInterval: (query) => (query.state.data !== undefined && moving(query.state.data.state) ? 1_000 : false),
  });
}

// rowsOf reads a page of an import's rows. state makes them be read anew when it is another.
export function rowsOf(d: string, id: string, state: string, { result, kind, cursor }: RowFilter) {
  const query = { result, kind, cursor, limit: 50 };
  return queryOptions({
    queryKey: ['directories', d, 'imports', id, 'rows', state, query],
    queryFn: async ({ signal }) => (await ask(api.GET('/directories/{d}/imports/{id}/rows', { params: { path: { d, id }, query }, signal }))) as Schema<'ListImportRow'>,
    placeholderData: keepPreviousData,
  });
}

// rowsAsCSV reads all rows that fit the filter, as a file.
export async function rowsAsCSV(d: string, id: string, { result, kind }: RowFilter): Promise<Blob> {
  const query = new URLSearchParams(Object.entries({ result, kind }).filter((pair): pair is [string, Exclude<typeof pair[1], undefined>] => pair[1] !== undefined));
  let response: Response;
  try {
    response = await fetch(`${base}/directories/${encodeURIComponent(d)}/imports/${encodeURIComponent(id)}/rows?${query}`, { headers: { Accept: 'text/csv', ...credentials() } });
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw problemFrom(await response.json().catch(() => null), response);
  return response.blob();
}
