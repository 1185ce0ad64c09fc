import { Stack, Text, Title } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { TextLink } from '../../parts/links';
import { Note } from '../../parts/State';
import { Answer } from '../../states/Answer';
import { useFields, type Draft } from '../sections/draft';
import { DraftBar } from '../sections/DraftBar';
import { OfDraft } from '../sections/OfDraft';
import { lists, rowsOf, rulesOf, type Rows } from './entries';
import { useJudgement } from './judging';
import { ListEditor } from './ListEditor';
import { Pipeline } from './Pipeline';
import { Presets } from './Presets';
import type { Asked } from './reading';
import { Try } from './Try';
import { Verdicts } from './Verdicts';

// Editor is where a connector's rules are written. What is written is a draft until its plan is
// applied; what it would do to every group stands beside it while one types.
export function Editor() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/rules' });
  return <OfDraft slug={slug} page="rules" what="the rules">{(draft) => <Lists slug={slug} draft={draft} />}</OfDraft>;
}

function Lists({ slug, draft }: { slug: string; draft: Draft }) {
  const [rows, setRows] = useFields(draft, rowsOf);
  const search = useSearch({ from: '/shell/connectors/$slug/rules' });
  const [limit, setLimit] = useState(100);
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const asked: Asked = { find: search.find ?? '', only: search.only, limit, name };
  const { query, settled } = useJudgement(slug, draft.rules, asked);
  const broken = settled ? query.data?.problems.length ?? 0 : 0;

  function change(some: Partial<Rows>) {
    const next = { ...rows, ...some };
    setRows(next);
    draft.set(rulesOf(draft.rules, next));
  }
  function onAsk(change: Partial<Asked>) {
    if (change.limit !== undefined) setLimit(change.limit);
    const next = { ...search, ...('find' in change ? { find: change.find || undefined } : {}), ...('only' in change ? { only: change.only } : {}) };
    void navigate({ to: '/connectors/$slug/rules', params: { slug }, search: next, replace: true });
  }
  const beside = (
    <>
      <Text c="dimmed">version {draft.version} in force</Text>
      <TextLink to="/connectors/$slug/rules/versions" params={{ slug }}>Versions</TextLink>
    </>
  );
  return (
    <DraftBar slug={slug} draft={draft} broken={broken > 0} beside={beside}>
      {() => (
        <>
          {broken > 0 && <Note tone="bad">{broken === 1 ? 'One entry cannot be used' : `${broken} entries cannot be used`}: the verdicts are without {broken === 1 ? 'it' : 'them'}. Mend or remove {broken === 1 ? 'it' : 'them'} before planning.
            {query.data?.problems.filter((p) => !lists.some(({ list }) => list === p.list)).map((p) => <p key={p.list + p.index} style={{ margin: '0.25rem 0' }}><code>{p.list}</code> {p.message}</p>)}</Note>}
          <Answer query={query} what="the verdicts" lines={2}>{(judged) => <Pipeline counts={judged.counts} />}</Answer>
          <div className="editor">
            <Stack gap="lg">
              <Title order={2}>Rules for groups</Title>
              <Presets onChoose={change} />
              {lists.map((of) => <ListEditor key={of.list} of={of} rows={rows[of.list]} judged={query.data} settled={settled} onChange={(next) => change({ [of.list]: next })} />)}
              <Text size="sm" c="dimmed">The order of entries means nothing. Upper and lower case are the same. A pattern is for the whole name: <code>jira-.*</code> is what begins with “jira-”.</Text>
            </Stack>
            <Stack gap="lg">
              <Try name={name} verdict={name === '' || !settled ? undefined : query.data?.names[0]} onName={setName} />
              {query.data !== undefined && <Verdicts judged={query.data} asked={asked} onAsk={onAsk} />}
            </Stack>
          </div>
        </>
      )}
    </DraftBar>
  );
}
