import { read, written, type Simple } from './expression';
import type { Step } from './reading';

// StepRow is a step while it is edited: as fields, or as the expression that fields cannot say.
// Its id keeps the focus where it is when others come and go.
export interface StepRow {
  id: number;
  target: string;
  when: NonNullable<Step['when']>;
  simple?: Simple; // left out: the expression alone
  expression: string;
}

let lastId = 0;

// blank is a step that was not there, which takes the value from an attribute.
export function blank(source = ''): StepRow {
  return { id: ++lastId, target: '', when: 'always', simple: { source, transform: 'asIs', pattern: '', nothing: 'clear', text: '' }, expression: '' };
}

// rowOf reads a step.
export function rowOf(step: Step): StepRow {
  const { target = '', expression = '', when } = step;
  return { id: ++lastId, target, when: when || 'always', simple: read(expression, target), expression };
}

// stepOf writes a step.
export function stepOf(row: StepRow): Step {
  const expression = row.simple === undefined ? row.expression : written(row.simple, row.target);
  return { target: row.target.trim(), expression, ...(row.when === 'always' ? {} : { when: row.when }) };
}

// begun says whether anything is in a row; what is empty is not written.
export function begun(row: StepRow): boolean {
  return row.target.trim() !== '' || (row.simple === undefined ? row.expression.trim() !== '' : row.simple.source.trim() !== '');
}
