import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { Failed } from './Failed';
import { Loading } from './Loading';
import { Stale } from './Stale';

interface Props<T> {
  query: UseQueryResult<T>;
  what: string; // what is read, in words: "the connectors"
  lines?: number; // how high it will be, in lines
  children: (data: T) => ReactNode;
}

// Answer shows what a query reads in all its states: a skeleton while it is read for the first
// time, the problem if it cannot be, and the data, with a word above it while it is old.
export function Answer<T>({ query, what, lines, children }: Props<T>) {
  const refresh = () => void query.refetch();
  if (query.data === undefined) {
    if (query.isError) return <Failed error={query.error} retry={refresh} what={`Reading ${what}`} />;
    return <Loading what={what} lines={lines} />;
  }
  return (
    <>
      {query.isError && <Stale since={query.dataUpdatedAt} refresh={refresh} />}
      {children(query.data)}
    </>
  );
}
