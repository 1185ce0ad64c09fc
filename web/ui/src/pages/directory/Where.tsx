import { NativeSelect, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import type { Schema } from '../../api/client';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { presentDirectories } from '../connectors/reading';
import type { InDirectory } from './routes';

// Where finds the directory that the address names, or else the first, and shows what is in it
// below a switch. Who has one directory never sees the switch.
export function Where({ children }: { children: (directory: string) => ReactNode }) {
  const query = useQuery(presentDirectories);
  return (
    <Answer query={query} what="the directories">
      {(all) => <Chosen all={all}>{children}</Chosen>}
    </Answer>
  );
}

// useChosen is the directory that Where shows, once it is known.
export function useChosen(): string | undefined {
  const search: InDirectory = useSearch({ strict: false });
  const { data } = useQuery(presentDirectories);
  return data === undefined ? undefined : search.in ?? data[0]?.name;
}

function Chosen({ all, children }: { all: Schema<'Directory'>[]; children: (directory: string) => ReactNode }) {
  const chosen = useChosen();
  if (chosen === undefined) return <Empty title="No directory">A directory holds the users and groups that connectors make. You may see none.</Empty>;
  const known = all.some((d) => d.name === chosen);
  return (
    <>
      {(all.length > 1 || !known) && <Switch all={all} chosen={chosen} />}
      {known ? children(chosen) : <Empty title="No such directory">There is no directory of this name, or you may not see it. Choose another.</Empty>}
    </>
  );
}

// Switch leads to the same list of another directory; what was looked for stays, what is there by
// its id does not.
function Switch({ all, chosen }: { all: Schema<'Directory'>[]; chosen: string }) {
  const navigate = useNavigate();
  const search: { q?: string } = useSearch({ strict: false });
  const at = window.location.pathname.replace(/^\/ui(\/[^/]+).*$/, '$1') as '/users';
  return (
    <NativeSelect label="Directory" value={chosen} maw={320} onChange={(e) => void navigate({ to: at, search: { in: e.currentTarget.value, q: search.q } })}>
      {!all.some((d) => d.name === chosen) && <option value={chosen}>{chosen}</option>}
      {all.map((d) => <option key={d.id} value={d.name}>{d.name}</option>)}
    </NativeSelect>
  );
}

// Count says how much a list shows, to those too who do not see it.
export function Count({ n, more, what }: { n: number; more: boolean; what: string }) {
  return <Text role="status" c="dimmed">{more ? `The first ${n} ${what}` : `${n} ${what}`}</Text>;
}
