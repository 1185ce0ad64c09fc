import type { Schema } from '../../api/client';
import { alike } from '../sections/pages';

type Connector = Schema<'Connector'>;
export type Settings = Schema<'ConnectorSettings'>;
type Limits = Schema<'Limits'>;

// Form is what the page edits, as its fields hold it: lists as lines, numbers as they are typed,
// "" for the deployment's.
export interface Form {
  name: string;
  precedence: string;
  activity: Connector['activity'];
  rulesFile: string;
  strict: boolean;
  lastLogin: boolean;
  networks: string;
  required: string;
  unique: string;
  sensitive: string;
  userPaths: string;
  groupPaths: string;
  rate: string;
  burst: string;
  concurrency: string;
  shadow: boolean;
  members: string;
  groups: string;
}

const lines = (list?: string[] | null) => (list ?? []).join('\n');
const listed = (text: string) => text.split(/[\n,]/).map((line) => line.trim()).filter((line) => line !== '');
const typed = (n?: number | null) => (n === undefined || n === null ? '' : String(n));
const number = (text: string) => (text.trim() === '' ? undefined : Number(text));

// formOf reads a connector's settings.
export function formOf(c: Connector): Form {
  const { limits, paths } = c;
  return {
    name: c.name, precedence: String(c.precedence), activity: c.activity, rulesFile: c.rulesFile ?? '', strict: c.strict, lastLogin: c.lastLogin,
    networks: lines(c.allowedNetworks), required: lines(c.required), unique: lines(c.unique), sensitive: lines(c.sensitive),
    userPaths: lines(paths.users), groupPaths: lines(paths.groups),
    rate: typed(limits.rate), burst: typed(limits.burst), concurrency: typed(limits.concurrency), shadow: limits.shadow === true,
    members: limits.members ? String(limits.members) : '', groups: limits.groups ? String(limits.groups) : '',
  };
}

function limitsOf(form: Form): Limits {
  const all = { rate: number(form.rate), burst: number(form.burst), concurrency: number(form.concurrency), members: number(form.members), groups: number(form.groups), shadow: form.shadow || undefined };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Limits;
}

function settingsOf(form: Form): Required<Settings> {
  const paths = { users: listed(form.userPaths), groups: listed(form.groupPaths) };
  return {
    name: form.name.trim(), precedence: Number(form.precedence), activity: form.activity, rulesFile: form.rulesFile.trim(), strict: form.strict, lastLogin: form.lastLogin,
    allowedNetworks: listed(form.networks), required: listed(form.required), unique: listed(form.unique), sensitive: listed(form.sensitive),
    paths: { ...(paths.users.length > 0 ? { users: paths.users } : {}), ...(paths.groups.length > 0 ? { groups: paths.groups } : {}) },
    limits: limitsOf(form),
  };
}

// changesOf are the settings that a form changes of what it was begun from, and no others: what
// somebody else has changed meanwhile stays.
export function changesOf(form: Form, began: Form): Settings {
  const [now, then] = [settingsOf(form), settingsOf(began)];
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => !alike(value, then[name as keyof Settings]))) as Settings;
}

// numbers are the fields that hold a number, and what is wrong with one that does not.
export function notNumbers(form: Form): Partial<Record<keyof Form, string>> {
  const wrong: Partial<Record<keyof Form, string>> = {};
  for (const name of ['rate', 'burst', 'concurrency', 'members', 'groups', 'precedence'] as const) {
    const text = form[name].trim();
    const whole = name !== 'rate';
    if (text === '' ? name === 'precedence' : !(whole ? /^-?\d{1,9}$/ : /^\d{1,7}(\.\d{1,6})?$/).test(text)) wrong[name] = whole ? 'Write a whole number.' : 'Write a number, such as 50 or 0.5.';
  }
  if (form.name.trim() === '') wrong.name = 'Give it a name.';
  return wrong;
}
