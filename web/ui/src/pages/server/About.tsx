import { Stack, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, ask } from '../../api/client';
import { Copy } from '../../parts/Copy';
import { Copyable } from '../../parts/Copyable';
import { Answer } from '../../states/Answer';

const about = queryOptions({
  queryKey: ['about'],
  queryFn: ({ signal }) => ask(api.GET('/about', { signal })),
});

const called = { postgresql: 'PostgreSQL', sqlite: 'SQLite' };

// About says what the server is and rests on, to be looked at and put into a report of a problem.
export function About() {
  const query = useQuery(about);
  return (
    <Stack>
      <Text>What this server is and rests on. Put it into the report of a problem.</Text>
      <Answer query={query} what="what the server is" lines={5}>
        {(a) => {
          const redis = a.redis ? 'Replicas share credentials and limits through it' : 'None: each replica goes by itself';
          return (
            <>
              <dl className="fields">
                <div><dt>Version</dt><dd>{a.version}</dd></div>
                <div><dt>Public URL</dt><dd><Copyable text={a.publicUrl} what="public URL" /></dd></div>
                <div><dt>Database</dt><dd>{called[a.database]}</dd></div>
                <div><dt>Last migration</dt><dd>{a.schema}</dd></div>
                <div><dt>Redis</dt><dd>{redis}</dd></div>
              </dl>
              <div><Copy text={`Muster ${a.version}, ${called[a.database]}, migration ${a.schema}, Redis: ${a.redis ? 'yes' : 'no'}`} what="report" /></div>
            </>
          );
        }}
      </Answer>
    </Stack>
  );
}
