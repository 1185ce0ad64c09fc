import { TextInput } from '@mantine/core';

interface Props {
  label: string;
  value: string | undefined; // a moment, in UTC
  onChange: (moment: string | undefined) => void;
}

// Moment is a field for a time in the clock of whoever looks.
export function Moment({ label, value, onChange }: Props) {
  return (
    <TextInput type="datetime-local" label={label} value={value === undefined ? '' : local(value)} onChange={(e) => {
      const typed = e.currentTarget.value;
      const at = new Date(typed);
      if (typed === '') onChange(undefined);
      else if (!Number.isNaN(at.getTime())) onChange(at.toISOString());
    }} />
  );
}

// local is a moment as the field has it: of the clock here, to the minute.
function local(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
