import { Checkbox, NativeSelect, Stack, TextInput } from '@mantine/core';

import { families, typesIn } from './reading';

// Wanted is what a webhook is told of: everything, or some types.
export interface Wanted {
  all: boolean;
  families: string[];
  others: string; // as they are typed
}

// wantedOf reads the types of a webhook; none mean everything.
export function wantedOf(types: string[]): Wanted {
  const known = (t: string) => families.some((f) => f.value === t);
  return { all: types.length === 0, families: types.filter(known), others: types.filter((t) => !known(t)).join(' ') };
}

// typesOf is wantedOf the other way round.
export function typesOf(w: Wanted): string[] {
  return w.all ? [] : [...w.families, ...typesIn(w.others)];
}

interface Props {
  wanted: Wanted;
  error?: string;
  onChange: (wanted: Wanted) => void;
}

// Types chooses what a webhook is told of.
export function Types({ wanted, error, onChange }: Props) {
  return (
    <Stack gap="xs">
      <NativeSelect label="Told of" value={wanted.all ? 'all' : 'some'} data={[{ value: 'all', label: 'Everything' }, { value: 'some', label: 'Only some types' }]} error={wanted.all ? error : undefined}
        onChange={(e) => onChange({ ...wanted, all: e.currentTarget.value === 'all' })} />
      {!wanted.all && (
        <>
          <Checkbox.Group label="Families" value={wanted.families} onChange={(chosen) => onChange({ ...wanted, families: chosen })} error={error}>
            <Stack gap="xs" mt="xs">{families.map((f) => <Checkbox key={f.value} value={f.value} label={f.label} />)}</Stack>
          </Checkbox.Group>
          <TextInput label="Single types" description="Such as membership.removed, with spaces between them" autoComplete="off" spellCheck={false} value={wanted.others} onChange={(e) => onChange({ ...wanted, others: e.currentTarget.value })} />
        </>
      )}
    </Stack>
  );
}

// noType is what is wrong with a choice of nothing; the server takes an empty list as everything,
// so it is never sent.
export const noType = 'Choose at least one type.';
