import { Button, Group, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core';

import type { Schema } from '../../api/client';
import { State } from '../../parts/State';
import { nothings, read, transforms, written, type Nothing, type Simple, type Transform } from './expression';
import type { StepRow } from './rows';
import { Value } from './Value';
import { whens } from './words';

interface Props {
  row: StepRow;
  place: number; // from 1
  run?: Schema<'MappingStepRun'>; // what it did to whom it is tried on
  problem: { target?: string; expression?: string };
  first: boolean;
  last: boolean;
  field: (input: HTMLInputElement | null) => void;
  onChange: (row: StepRow) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

// StepFields are one step: which attribute, from where, changed how, and what came of it.
export function StepFields({ row, place, run, problem, first, last, field, onChange, onMove, onRemove }: Props) {
  const named = `step ${place}`;
  const toSimple = row.simple === undefined ? read(row.expression, row.target) : undefined;
  const small = { variant: 'default', size: 'compact-md', mih: 36 } as const;
  return (
    <Stack gap="xs" className="panel" role="group" aria-label={`Step ${place}`}>
      <div className="pair">
        <TextInput ref={field} label="Attribute" aria-label={`Attribute, ${named}`} placeholder="title" list="mapping-targets" value={row.target} error={problem.target}
          maxLength={512} spellCheck={false} autoCapitalize="off" autoComplete="off" classNames={{ input: 'mono' }} onChange={(e) => onChange({ ...row, target: e.currentTarget.value })} />
        <NativeSelect label="When" aria-label={`When, ${named}`} value={row.when} data={whens} onChange={(e) => onChange({ ...row, when: e.currentTarget.value as StepRow['when'] })} />
      </div>
      {row.simple === undefined
        ? <Textarea label="Expression" aria-label={`Expression, ${named}`} autosize minRows={2} maxLength={4096} spellCheck={false} autoCapitalize="off" value={row.expression} error={problem.expression && <Multiline text={problem.expression} />}
            classNames={{ input: 'mono' }} onChange={(e) => onChange({ ...row, expression: e.currentTarget.value })} />
        : <Fields simple={row.simple} named={named} problem={problem.expression} onChange={(simple) => onChange({ ...row, simple })} />}
      <Result run={run} />
      <Group gap="xs">
        {row.simple !== undefined && <Button {...small} onClick={() => onChange({ ...row, expression: written(row.simple!, row.target), simple: undefined })} aria-label={`Write an expression, ${named}`}>Write an expression</Button>}
        {toSimple !== undefined && <Button {...small} onClick={() => onChange({ ...row, simple: toSimple })} aria-label={`Use fields, ${named}`}>Use fields</Button>}
        {!first && <Button {...small} onClick={() => onMove(-1)} aria-label={`Up, ${named}`}>Up</Button>}
        {!last && <Button {...small} onClick={() => onMove(1)} aria-label={`Down, ${named}`}>Down</Button>}
        <Button {...small} onClick={onRemove} aria-label={`Remove ${named}`}>Remove</Button>
      </Group>
    </Stack>
  );
}

// Fields are a step that takes one attribute.
function Fields({ simple, named, problem, onChange }: { simple: Simple; named: string; problem?: string; onChange: (simple: Simple) => void }) {
  return (
    <>
      <div className="pair">
        <TextInput label="From" aria-label={`From, ${named}`} list="mapping-sources" placeholder="name.givenName" value={simple.source} maxLength={512} error={problem && <Multiline text={problem} />}
          spellCheck={false} autoCapitalize="off" autoComplete="off" classNames={{ input: 'mono' }} onChange={(e) => onChange({ ...simple, source: e.currentTarget.value })} />
        <NativeSelect label="Taken" aria-label={`Taken, ${named}`} value={simple.transform} data={transforms.map(({ transform, label }) => ({ value: transform, label }))}
          onChange={(e) => onChange({ ...simple, transform: e.currentTarget.value as Transform })} />
      </div>
      {simple.transform === 'extract' && (
        <TextInput label="Pattern" aria-label={`Pattern, ${named}`} description="A regular expression. What its first group matches is taken, or its whole match without one." value={simple.pattern} maxLength={512} spellCheck={false} autoCapitalize="off"
          classNames={{ input: 'mono' }} onChange={(e) => onChange({ ...simple, pattern: e.currentTarget.value })} />
      )}
      <div className="pair">
        <NativeSelect label="If nothing comes" aria-label={`If nothing comes, ${named}`} value={simple.nothing} data={nothings.map(({ nothing, label }) => ({ value: nothing, label }))}
          onChange={(e) => onChange({ ...simple, nothing: e.currentTarget.value as Nothing })} />
        {simple.nothing === 'text' && <TextInput label="Text" aria-label={`Text, ${named}`} value={simple.text} maxLength={1024} onChange={(e) => onChange({ ...simple, text: e.currentTarget.value })} />}
      </div>
    </>
  );
}

// Result says what a step did.
function Result({ run }: { run?: Schema<'MappingStepRun'> }) {
  if (run === undefined) return null;
  if (run.problem !== undefined) return <Text size="sm" component="div"><State tone="bad">Cannot be carried out</State> {plainly(run.problem)}</Text>;
  if (run.skipped === true) return <Text size="sm" component="div"><State tone="mute">Not the time</State> It would not give its value now.</Text>;
  return <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}><Value of={run.before} /> → <Value of={run.after} /></Text>;
}

// plainly calls the steps in a message by their numbers on the page.
export function plainly(message: string): string {
  return message.replace(/\bsteps\[(\d+)\]/g, (_, i: string) => `step ${Number(i) + 1}`).replace(/^s/, 'S');
}

// Multiline keeps the lines of a message that points into an expression.
export function Multiline({ text }: { text: string }) {
  return <span style={{ whiteSpace: 'pre-wrap', fontFamily: 'var(--mantine-font-family-monospace)', overflowWrap: 'anywhere' }}>{text}</span>;
}
