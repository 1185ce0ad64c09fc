import { Button, Stack, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, ask, type Schema } from '../../api/client';
import { signOut } from '../../auth';
import { announce } from '../../parts/announce';
import { DataTable, type Column } from '../../parts/DataTable';
import { Name } from '../../parts/Name';
import { State } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Failed } from '../../states/Failed';
import { sessionsOf } from './reading';
import { browserOf } from './words';

type Session = Schema<'Session'>;

const methods: Record<Session['method'], string> = { password: 'password', oidc: 'organisation’s sign-in', link: 'link' };

// Sessions lists signed-in browsers, each with the button that signs it out.
export function Sessions({ all }: { all: boolean }) {
  const query = useQuery(sessionsOf(all));
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: async (s: Session) => (s.current ? signOut() : ask(api.DELETE('/sessions/{id}', { params: { path: { id: s.id } } }))),
    onSuccess: async (_, s) => {
      announce(s.current ? 'Signed out.' : `Signed ${browserOf(s.agent)} out.`);
      if (!s.current) await cache.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
  const columns: Column<Session>[] = [
    { head: 'Browser', cell: (s) => <><span title={s.agent}>{browserOf(s.agent)}</span>{s.current && <> <State tone="ok">This one</State></>}</> },
    ...(all ? [{ head: 'Whose', cell: (s: Session) => <Name>{s.email}</Name> }] : []),
    { head: 'From', cell: (s) => s.address },
    { head: 'With', cell: (s) => methods[s.method] },
    { head: 'Signed in', cell: (s) => <When at={s.created} /> },
    { head: 'Last used', cell: (s) => <When at={s.seen} /> },
    {
      head: 'Actions', cell: (s) => (
        <Button variant="default" size="compact-md" mih={36} loading={end.isPending && end.variables.id === s.id} onClick={() => end.mutate(s)}
          aria-label={s.current ? 'Sign out here' : `Sign out ${browserOf(s.agent)} of ${s.email} from ${s.address}`}>Sign out</Button>
      ),
    },
  ];
  return (
    <Stack component="section" gap="xs" aria-labelledby="sessions">
      <Title order={2} id="sessions">{all ? 'Sessions of everybody' : 'Your sessions'}</Title>
      {end.isError && <Failed error={end.error} what="Signing it out" />}
      <Answer query={query} what="the sessions">
        {(sessions) => (sessions.length === 0
          ? <Empty title="Nobody is signed in">Browsers of administrators will be listed here.</Empty>
          : <DataTable caption="Sessions" columns={columns} rows={sessions} id={(s) => s.id} />)}
      </Answer>
    </Stack>
  );
}
