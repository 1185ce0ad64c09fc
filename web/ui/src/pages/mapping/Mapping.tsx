import { Stack, Text, Textarea, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { problemOf } from '../../api/problem';
import { announce } from '../../parts/announce';
import { useBarred } from '../../parts/roles';
import { oneConnector } from '../connectors/reading';
import { at422, DraftBar } from '../sections/DraftBar';
import { useFields, type Draft } from '../sections/draft';
import { OfDraft } from '../sections/OfDraft';
import { Bench, firstWay, subjectOf, type Way } from './Bench';
import { Coverage } from './Coverage';
import { reading } from './expression';
import { coverageOf, trialOf, type Mapping as Written } from './reading';
import { Renamed, renameOf, renameRow, Renames, type RenameRow } from './Renames';
import { begun, blank, rowOf, stepOf, type StepRow } from './rows';
import { Steps } from './Steps';
import { Multiline } from './StepFields';

// Mapping is where what an identity provider sends is changed before anything else sees it. It is
// tried while one writes, with the program that production runs.
export function Mapping() {
  const { slug } = useParams({ from: '/shell/connectors/$slug/mapping' });
  return <OfDraft slug={slug} page="mapping" what="the mapping">{(draft) => <Editor slug={slug} draft={draft} />}</OfDraft>;
}

function Editor({ slug, draft }: { slug: string; draft: Draft }) {
  const [steps, setSteps] = useFields(draft, (rules) => (rules.mapping?.steps ?? []).map(rowOf));
  const [renames, setRenames] = useFields(draft, (rules) => (rules.mapping?.renames ?? []).map(renameRow));
  const [way, setWay] = useState<Way>(firstWay);
  const { record } = useSearch({ from: '/shell/connectors/$slug/mapping' });
  const navigate = useNavigate();
  const barred = useBarred('ruleEditor') !== undefined;
  const connector = useQuery(oneConnector(slug));
  const coverage = useQuery(coverageOf(slug));
  const { mapping } = draft.now;
  const { subject, unread } = subjectOf(way, record);

  const now = JSON.stringify([mapping, subject, way.existing]);
  const [later] = useDebouncedValue(now, 150);
  const [laterMapping, laterSubject, laterExisting] = JSON.parse(later) as [Written, typeof subject, boolean];
  const trial = useQuery(trialOf(slug, laterMapping, laterSubject, way.by === 'payload' && laterExisting));
  const wrong = trial.isError ? problemOf(trial.error) : undefined;
  const invalid = wrong?.code === 'invalidRules';
  const settled = later === now && !trial.isPlaceholderData && trial.isSuccess;

  // change keeps the rows that are edited and writes what they say.
  function change(next: { steps?: StepRow[]; renames?: RenameRow[]; dropWhen?: string }) {
    if (next.steps !== undefined) setSteps(next.steps);
    if (next.renames !== undefined) setRenames(next.renames);
    const dropWhen = (next.dropWhen ?? mapping.dropWhen ?? '');
    const writtenSteps = (next.steps ?? steps).filter(begun).map(stepOf);
    const writtenRenames = (next.renames ?? renames).filter((row) => row.from.text !== '').map(renameOf);
    draft.set({ mapping: {
      ...(writtenSteps.length > 0 ? { steps: writtenSteps } : {}),
      ...(dropWhen.trim() === '' ? {} : { dropWhen }),
      ...(writtenRenames.length > 0 ? { renames: writtenRenames } : {}),
    } });
  }
  const sources = coverage.data?.paths.map((p) => p.path) ?? [];
  return (
    <DraftBar slug={slug} draft={draft} broken={invalid} shown={(place) => place.startsWith('mapping.')}>
      {(at) => {
        const problem = (place: string) => (wrong === undefined ? undefined : at422(wrong, place)) ?? at(place);
        return (
          <>
            <datalist id="mapping-sources">{sources.map((path) => <option key={path} value={path} />)}</datalist>
            <datalist id="mapping-targets">{[...new Set([...sources, ...common])].filter((path) => path !== 'active' && path !== 'externalId').map((path) => <option key={path} value={path} />)}</datalist>
            <div className="editor">
              <fieldset className="bare" disabled={barred}><Stack gap="lg">
                <Steps rows={steps} tried={settled && 'before' in trial.data ? trial.data : undefined} problem={problem} onChange={(next) => change({ steps: next })} />
                <Stack component="section" gap="sm" aria-labelledby="dropped">
                  <Title order={2} id="dropped">Who is dropped</Title>
                  <Textarea label="Whoever fulfils this does not count" description={<>An expression such as <code>record.userType == "Contractor"</code>. Left empty: nobody is dropped. Who counted before is cleaned up.</>} autosize minRows={1} maxLength={4096} spellCheck={false} autoCapitalize="off"
                    value={mapping.dropWhen ?? ''} error={problem('mapping.dropWhen') && <Multiline text={problem('mapping.dropWhen')!} />} classNames={{ input: 'mono' }} onChange={(e) => change({ dropWhen: e.currentTarget.value })} />
                </Stack>
                <Renames rows={renames} problem={problem} onChange={(next) => change({ renames: next })} />
                {renames.length > 0 && !invalid && <Renamed slug={slug} rules={draft.rules} />}
              </Stack></fieldset>
              <Stack gap="lg">
                <Bench slug={slug} directory={connector.data?.directory ?? 'main'} way={way} record={record} unread={unread} query={trial} invalid={invalid} onWay={setWay}
                  onRecord={(next) => void navigate({ to: '/connectors/$slug/mapping', params: { slug }, search: { record: next }, replace: true })} />
                <Coverage slug={slug} barred={barred} used={(path) => { const read = reading(path); return read !== undefined && (mapping.steps ?? []).some((s) => s.expression?.includes(read)); }}
                  onTake={(path) => { change({ steps: [...steps, blank(path)] }); announce(`Added a step that takes ${path}. Say which attribute it gives.`); }} />
                <Text size="sm" c="dimmed">The identity provider notices none of this: it reads back what it wrote. A changed mapping is carried out for everybody when its plan is applied.</Text>
              </Stack>
            </div>
          </>
        );
      }}
    </DraftBar>
  );
}

// common are attributes that mappings often give, though nobody sends them.
const common = ['userName', 'displayName', 'nickName', 'title', 'userType', 'locale', 'preferredLanguage', 'timezone', 'name.givenName', 'name.familyName', 'name.formatted', 'emails[type eq "work"].value',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division'];
