import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { api, ask, type Schema } from '../../api/client';
import { Dialog } from '../../parts/Dialog';
import { Heading } from '../../parts/Heading';
import { TextLink } from '../../parts/links';
import { Name } from '../../parts/Name';
import { Allowed } from '../../parts/roles';
import { Note } from '../../parts/State';
import { When } from '../../parts/When';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { jobOf } from './reading';

// Job is the application of a plan: its progress, its result, and the way back.
export function Job() {
  const { slug, job: id } = useParams({ from: '/shell/connectors/$slug/jobs/$job' });
  const query = useQuery(jobOf(id));
  const cache = useQueryClient();
  const over = query.data !== undefined && query.data.state !== 'running';
  useEffect(() => {
    if (over) void cache.invalidateQueries({ queryKey: ['connectors', slug] });
  }, [over, cache, slug]);
  return (
    <Answer query={query} what="the job" lines={5}>
      {(job) => (
        <Stack>
          <Heading>Applying a plan</Heading>
          <Text c="dimmed">Begun <When at={job.createdAt} />{job.createdBy !== undefined && ` by ${job.createdBy}`}.{job.comment !== undefined && <> Because: <Name>{job.comment}</Name></>}</Text>
          <div role="status"><Result job={job} /></div>
          {job.failed > 0 && <Note tone="warn">{job.failed} people could not be settled yet; they are tried again.</Note>}
          <Allowed role="ruleEditor">{job.state === 'running' ? <Cancel job={job} /> : <After slug={slug} job={job} />}</Allowed>
          <Group gap="lg">
            <TextLink to="/connectors/$slug/plans/$plan" params={{ slug, plan: job.plan }}>The plan</TextLink>
            <TextLink to="/connectors/$slug/rules" params={{ slug }}>The rules</TextLink>
          </Group>
        </Stack>
      )}
    </Answer>
  );
}

function Result({ job }: { job: Schema<'Job'> }) {
  const people = `${job.done} of ${job.total} people`;
  const settled = job.total === 0 ? 'Nobody had to be settled' : `${people} were settled`;
  switch (job.state) {
    case 'running':
      return (
        <Stack gap="xs">
          <Text>{job.checking === true ? `Looking for those whom requests changed meanwhile: ${people}` : `Settled ${people}`}</Text>
          <Progress value={job.total === 0 ? 100 : (100 * job.done) / job.total} aria-label="Progress of the job" />
          <Text c="dimmed">You can leave this page; the job goes on.</Text>
        </Stack>
      );
    case 'done':
      return <Note tone="ok" title="Done">{settled}{job.finishedAt !== undefined && <>, <When at={job.finishedAt} /></>}.</Note>;
    case 'cancelled':
      return <Note tone="warn" title="Cancelled">{settled} before. The connector has its former rules or mode again.</Note>;
    default:
      return <Note tone="bad" title="Failed">{job.problem ?? 'The server did not say why.'} {settled}.</Note>;
  }
}

// After offers the way back from a job that is over.
function After({ slug, job }: { slug: string; job: Schema<'Job'> }) {
  const navigate = useNavigate();
  const back = useMutation({
    mutationFn: async () => job.wayBack ?? (await ask(api.POST('/jobs/{id}/reversal', { params: { path: { id: job.id } } }))).id,
    onSuccess: (plan) => navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan } }),
  });
  return (
    <Stack gap="sm">
      {back.isError && <Failed error={back.error} what="Planning the way back" />}
      <Group gap="sm">
        <Button variant="default" loading={back.isPending} onClick={() => back.mutate()}>Plan the way back</Button>
        <Text c="dimmed">Undoes nothing yet: it shows what going back would do.</Text>
      </Group>
    </Stack>
  );
}

function Cancel({ job }: { job: Schema<'Job'> }) {
  const [asking, setAsking] = useState(false);
  const cache = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => ask(api.POST('/jobs/{id}/cancellation', { params: { path: { id: job.id } }, body: {} })),
    onSuccess: (now) => { cache.setQueryData(['jobs', job.id], now); setAsking(false); },
  });
  return (
    <Group>
      <Button color="bad" variant="outline" onClick={() => setAsking(true)}>Stop</Button>
      {asking && (
        <Dialog title="Stop this job?" onClose={() => setAsking(false)}>
          <Stack>
            <Text>{job.done} of {job.total} people are settled already and stay as they are until the plan back is applied. The connector gets its former rules or mode again.</Text>
            {cancel.isError && <Failed error={cancel.error} what="Stopping the job" />}
            <Group justify="flex-end">
              <Button variant="default" data-autofocus onClick={() => setAsking(false)}>Let it go on</Button>
              <Button color="bad" loading={cancel.isPending} onClick={() => cancel.mutate()}>Stop it</Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </Group>
  );
}
