import { Progress, Stack, Text } from '@mantine/core';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { api, ask, type Schema } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Page } from '../../parts/Page';
import { State, type Tone } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Empty } from '../../states/Empty';
import { Pager } from '../directory/Pager';

type Job = Schema<'Job'>;

// jobsOf reads a page of the jobs, the newest first, and again while one runs.
function jobsOf(cursor?: string) {
  return queryOptions({
    queryKey: ['jobs', { cursor }],
    queryFn: ({ signal }) => ask(api.GET('/jobs', { params: { query: { limit: 50, cursor } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.items.some((j) => j.state === 'running') ? 1_000 : 10_000),
  });
}

const columns: Column<Job>[] = [
  { head: 'Connector', cell: (j) => <div className="wide-cell">{j.connector === undefined ? 'One that is gone' : <TextLink to="/connectors/$slug/jobs/$job" params={{ slug: j.connector, job: j.id }}>{j.connector}</TextLink>}</div> },
  { head: 'State', cell: (j) => <Progressing job={j} /> },
  { head: 'Begun', cell: (j) => <When at={j.createdAt} /> },
  { head: 'By', cell: (j) => <Name>{j.createdBy ?? 'Muster'}</Name> },
  { head: 'Why', cell: (j) => <div className="wide-cell">{j.comment === undefined ? '' : <Name>{j.comment}</Name>}</div> },
];

// Jobs lists the plans that were applied, with live progress.
export function Jobs() {
  const { cursor } = useSearch({ from: '/shell/jobs' });
  const navigate = useNavigate();
  const query = useQuery(jobsOf(cursor));
  return (
    <Page title="Jobs">
      <Text>A job applies a plan: changed rules, going live, a connector that is retired. <TextLink to="/imports">Imports</TextLink> have a list of their own.</Text>
      <Answer query={query} what="the jobs" lines={6}>
        {({ items, next }) => (
          <Stack>
            {items.length === 0
              ? <Empty title="No job">A job is here as soon as a plan is applied: change the rules of a <TextLink to="/connectors">connector</TextLink>, look at the plan, apply it.</Empty>
              : <DataTable caption="Jobs" columns={columns} rows={items} id={(j) => j.id} />}
            <Pager cursor={cursor} next={next} go={(to) => void navigate({ to: '/jobs', search: { cursor: to } })} />
          </Stack>
        )}
      </Answer>
    </Page>
  );
}

const words: Record<Job['state'], { label: string; tone: Tone }> = {
  running: { label: 'Running', tone: 'info' },
  done: { label: 'Done', tone: 'ok' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'warn' },
};

function Progressing({ job: j }: { job: Job }) {
  const people = j.total === 0 && j.state !== 'running' ? 'nobody had to be settled' : `${j.done.toLocaleString('en')} of ${j.total.toLocaleString('en')} people`;
  return (
    <div className="wide-cell">
      <State tone={words[j.state].tone}>{words[j.state].label}</State> {people}
      {j.state === 'running' && <Progress mt={4} value={j.total === 0 ? 100 : (100 * j.done) / j.total} aria-label={`Progress on ${j.connector ?? 'a connector'}`} />}
      {j.failed > 0 && <>, {j.failed.toLocaleString('en')} are tried again</>}
      {j.problem !== undefined && <div>{j.problem}</div>}
    </div>
  );
}
