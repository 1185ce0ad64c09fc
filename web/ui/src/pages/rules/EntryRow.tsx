import { Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';

import type { Schema } from '../../api/client';
import { Name } from '../../parts/Name';
import { State } from '../../parts/State';
import { forms, setText, type Form, type Row } from './entries';

interface Props {
  row: Row;
  place: number; // from 1
  title: string; // of the list
  names: boolean; // it takes names alone
  effect?: Schema<'EntryEffect'>;
  problem?: Schema<'RuleProblem'>;
  field: (input: HTMLInputElement | null) => void;
  onChange: (row: Row) => void;
  onRemove: () => void;
  onEnter: () => void;
}

// EntryRow is one entry of a list: how it compares, its text, and what it does.
export function EntryRow({ row, place, title, names, effect, problem, field, onChange, onRemove, onEnter }: Props) {
  const what = `entry ${place} of “${title}”`;
  const remove = <Button variant="default" size="compact-md" mih={36} onClick={onRemove} aria-label={`Remove ${what}`}>Remove</Button>;
  if (row.raw !== undefined) {
    return <Group justify="space-between" wrap="nowrap"><Text component="div">Set <Name>{setText(row)}</Name></Text>{remove}</Group>;
  }
  return (
    <div>
      <div className={names ? 'entry entry-name' : 'entry'}>
        {!names && (
          <NativeSelect aria-label={`How ${what} compares`} value={row.form} onChange={(e) => onChange({ ...row, form: e.currentTarget.value as Form })}
            data={forms.map(({ form, label }) => ({ value: form, label }))} />
        )}
        <TextInput ref={field} aria-label={`Text of ${what}`} value={row.text} maxLength={1024} spellCheck={false} autoCapitalize="off" autoComplete="off"
          error={problem === undefined ? undefined : `It ${problem.message}.`} classNames={{ input: 'mono' }}
          onChange={(e) => onChange({ ...row, text: e.currentTarget.value })}
          onKeyDown={(e) => { if (e.key === 'Enter') { e.preventDefault(); onEnter(); } }} />
        {remove}
      </div>
      {problem?.literal === true && row.form !== 'is' && (
        <Button variant="subtle" size="compact-md" mih={36} onClick={() => onChange({ ...row, form: 'is' })}>Mean exactly this name</Button>
      )}
      {problem === undefined && row.text !== '' && <Effect effect={effect} names={names} />}
    </div>
  );
}

// Effect says what an entry does to the groups that were seen.
function Effect({ effect, names }: { effect?: Schema<'EntryEffect'>; names: boolean }) {
  if (effect === undefined) return null;
  const groups = effect.matches === 1 ? '1 group' : `${effect.matches} groups`;
  if (names) return effect.matches > 0 ? <Text size="sm" c="dimmed">It is sent too.</Text> : null;
  if (effect.matches === 0) return <State tone="warn">Matches nothing seen so far</State>;
  return <Text size="sm" c="dimmed">{groups}, {effect.assigned === effect.matches ? 'assigned' : effect.assigned === 0 ? 'not assigned' : `${effect.assigned} of them assigned`}</Text>;
}
