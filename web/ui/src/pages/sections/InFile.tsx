import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { api, ask } from '../../api/client';
import { announce } from '../../parts/announce';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Failed } from '../../states/Failed';
import { oneConnector } from '../connectors/reading';

// InFile warns who would change rules that somebody keeps in a file: its next application takes
// back what the file does not say.
export function InFile({ slug }: { slug: string }) {
  const { data: connector } = useQuery(oneConnector(slug));
  const cache = useQueryClient();
  const here = useMutation({
    mutationFn: () => ask(api.PATCH('/connectors/{c}', { params: { path: { c: slug } }, body: { rulesFile: '' } })),
    onSuccess: async () => {
      announce('The rules are kept here.');
      await cache.invalidateQueries({ queryKey: oneConnector(slug).queryKey });
    },
  });
  if (connector?.rulesFile === undefined) return null;
  return (
    <Note tone="warn" title={<>Kept in the file <Name>{connector.rulesFile}</Name></>}>
      <p style={{ margin: '0.25rem 0 0.5rem' }}>What is changed here stands until that file is applied again, so put it into the file too: <code>muster export</code> writes it as it is now.</p>
      <Allowed role="ruleEditor"><Button variant="default" size="compact-md" mih={36} loading={here.isPending} onClick={() => here.mutate()}>The rules are kept here from now on</Button></Allowed>
      {here.isError && <Failed error={here.error} what="Saying that" />}
    </Note>
  );
}
