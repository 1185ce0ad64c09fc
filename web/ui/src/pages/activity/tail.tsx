import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { announce } from '../../parts/announce';

interface Listed<Row> {
  items: Row[];
  next?: string | null;
}

const lookEvery = 3_000; // milliseconds

// useTail is a list, the newest first, that keeps still: what came since it was read is counted,
// and shown when somebody asks for it.
export function useTail<Row extends { id: string }>(key: unknown[], read: (cursor: string | undefined, signal: AbortSignal) => Promise<Listed<Row>>, live: boolean) {
  const queries = useQueryClient();
  const [paused, setPaused] = useState(false);
  const listKey = [...key, 'list'];
  const list = useInfiniteQuery({
    queryKey: listKey,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    staleTime: Infinity,
    refetchOnReconnect: false,
  });
  const looking = live && !paused && list.isSuccess;
  const head = useQuery({ queryKey: [...key, 'head'], queryFn: ({ signal }) => read(undefined, signal), enabled: looking, refetchInterval: lookEvery, staleTime: 0 });
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const newest = head.data?.items ?? [];
  const known = new Set(rows.slice(0, newest.length).map((row) => row.id));
  const fresh = looking ? newest.filter((row) => !known.has(row.id)).length : 0;
  const all = fresh > 0 && fresh === newest.length && rows.length > 0; // there may be more
  function show() {
    if (head.data === undefined) return;
    queries.setQueryData<InfiniteData<Listed<Row>, string | undefined>>(listKey, { pages: [head.data], pageParams: [undefined] });
    announce('The newest rows are shown.');
  }
  return { list, rows, fresh, all, show, paused, setPaused, lost: looking && head.isError };
}

interface Props {
  live: boolean;
  fresh: number;
  all: boolean;
  show: () => void;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  lost: boolean;
}

// Tail says how many rows are new, and shows them on request. It has its place also while there
// are none, so that nothing moves.
export function Tail({ live, fresh, all, show, paused, setPaused, lost }: Props) {
  const text = fresh === 0 ? 'No new rows' : `${all ? `${fresh} or more` : fresh} new ${fresh === 1 ? 'row' : 'rows'}`;
  useEffect(() => {
    if (fresh > 0) announce(text);
  }, [fresh > 0]); // eslint-disable-line react-hooks/exhaustive-deps
  if (!live) return <Text c="dimmed">The list ends in the past, so nothing new comes.</Text>;
  return (
    <Group gap="sm">
      <Button variant={fresh > 0 ? 'filled' : 'default'} onClick={() => fresh > 0 && show()} data-disabled={fresh === 0 || undefined} aria-disabled={fresh === 0}>{fresh === 0 ? text : `${text}: show`}</Button>
      <Button variant="default" aria-pressed={paused} onClick={() => setPaused(!paused)}>{paused ? 'Look for new rows again' : 'Pause'}</Button>
      {paused && <Text c="dimmed">Paused: new rows are not looked for.</Text>}
      {lost && <Text c="var(--warn)">Muster did not answer just now; looking again.</Text>}
    </Group>
  );
}
