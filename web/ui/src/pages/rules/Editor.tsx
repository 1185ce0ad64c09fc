import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { api, ask, type Schema, type Tagged } from '../../api/client';
import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { TextLink } from '../../parts/links';
import { useBarred } from '../../parts/roles';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { Failed } from '../../states/Failed';
import { useDraft } from './draft';
import { DraftState, Theirs } from './DraftState';
import { lists, type Rules } from './entries';
import { useJudgement } from './judging';
import { ListEditor } from './ListEditor';
import { Pipeline } from './Pipeline';
import { Presets } from './Presets';
import { draftOf, rulesInForce, type Asked } from './reading';
import { Try } from './Try';
import { Verdicts } from './Verdicts';

// Editor is where a connector's rules are written. What is written is a draft until its plan is
// applied; what it would do to every group stands beside it while one types.
export function Editor() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/rules' });
  const query = useQuery(rulesInForce(slug));
  const kept = useQuery(draftOf(slug));
  return (
    <Answer query={query} what="the rules" lines={8}>
      {(force) => <Answer query={kept} what="the draft" lines={8}>{(read) => <Draft key={slug} slug={slug} force={force} read={read} />}</Answer>}
    </Answer>
  );
}

function Draft({ slug, force, read }: { slug: string; force: Tagged<Rules>; read: Tagged<Schema<'RulesDraft'>> }) {
  const barred = useBarred('ruleEditor');
  const draft = useDraft(slug, force, read, barred === undefined);
  const search = useSearch({ from: '/shell/connectors/$slug/rules' });
  const [limit, setLimit] = useState(100);
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const asked: Asked = { find: search.find ?? '', only: search.only, limit, name };
  const { query, settled } = useJudgement(slug, draft.rules, asked);
  const plan = useMutation({
    mutationFn: () => ask(api.POST('/connectors/{c}/plans', { params: { path: { c: slug } }, body: { rules: draft.rules } })),
    onSuccess: (made) => navigate({ to: '/connectors/$slug/plans/$plan', params: { slug, plan: made.id } }),
  });
  const broken = settled ? query.data?.problems.length ?? 0 : 0;

  function onAsk(change: Partial<Asked>) {
    if (change.limit !== undefined) setLimit(change.limit);
    const next = { ...search, ...('find' in change ? { find: change.find || undefined } : {}), ...('only' in change ? { only: change.only } : {}) };
    void navigate({ to: '/connectors/$slug/rules', params: { slug }, search: next, replace: true });
  }
  return (
    <Stack gap="lg">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <DraftState draft={draft} barred={barred} />
          <Text c="dimmed">version {force.tag.replaceAll('"', '')} in force</Text>
          <TextLink to="/connectors/$slug/rules/versions" params={{ slug }}>Versions</TextLink>
        </Group>
        <Group gap="sm">
          <Button variant="default" disabled={!draft.changed} onClick={() => { draft.discard(); announce('Discarded the draft.'); }}>Discard the draft</Button>
          <Button disabled={!draft.changed || broken > 0} loading={plan.isPending} onClick={() => plan.mutate()}>Plan the change</Button>
        </Group>
      </Group>
      <Theirs draft={draft} />
      {draft.behind && <Note tone="warn" title="The rules in force have changed">This draft was begun from other rules. Its plan says what it would change of those in force now, the other changes included. <Button variant="default" size="compact-md" mih={36} onClick={draft.discard}>Begin again from the rules in force</Button></Note>}
      {broken > 0 && <Note tone="bad">{broken === 1 ? 'One entry cannot be used' : `${broken} entries cannot be used`}: the verdicts are without {broken === 1 ? 'it' : 'them'}. Mend or remove {broken === 1 ? 'it' : 'them'} before planning.
        {query.data?.problems.filter((p) => !lists.some(({ list }) => list === p.list)).map((p) => <p key={p.list + p.index} style={{ margin: '0.25rem 0' }}><code>{p.list}</code> {p.message}</p>)}</Note>}
      {plan.isError && <Failed error={problemOf(plan.error)} what="Planning" />}
      <Answer query={query} what="the verdicts" lines={2}>{(judged) => <Pipeline counts={judged.counts} />}</Answer>
      <div className="editor">
        <Stack gap="lg">
          <Title order={2}>Rules for groups</Title>
          <Presets onChoose={draft.replace} />
          {lists.map((of) => <ListEditor key={of.list} of={of} rows={draft.rows[of.list]} judged={query.data} settled={settled} onChange={(rows) => draft.set(of.list, rows)} />)}
          <Text size="sm" c="dimmed">The order of entries means nothing. Upper and lower case are the same. A pattern is for the whole name: <code>jira-.*</code> is what begins with “jira-”.</Text>
        </Stack>
        <Stack gap="lg">
          <Try name={name} verdict={name === '' || !settled ? undefined : query.data?.names[0]} onName={setName} />
          {query.data !== undefined && <Verdicts judged={query.data} asked={asked} onAsk={onAsk} />}
        </Stack>
      </div>
    </Stack>
  );
}
