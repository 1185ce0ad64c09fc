// A step's value is an expression. Most are one attribute of what the IdP sends, changed in one
// way, with something in its place where nothing comes: those are shown as fields. What is written
// here is read again to the same fields; everything else is shown as the expression that it is.

// transforms are what can be done to a value.
export const transforms = [
  { transform: 'asIs', label: 'as it is' },
  { transform: 'lower', label: 'in small letters' },
  { transform: 'upper', label: 'in capitals' },
  { transform: 'trim', label: 'without space around it' },
  { transform: 'extract', label: 'the part that matches' },
] as const;

export type Transform = (typeof transforms)[number]['transform'];

// nothings are what a step does where its source brings nothing.
export const nothings = [
  { nothing: 'clear', label: 'take the attribute away' },
  { nothing: 'keep', label: 'leave what was sent' },
  { nothing: 'text', label: 'give this text' },
] as const;

export type Nothing = (typeof nothings)[number]['nothing'];

// Simple is an expression as fields.
export interface Simple {
  source: string; // an attribute, as coverage names it
  transform: Transform;
  pattern: string; // of extract
  nothing: Nothing;
  text: string; // of nothing "text"
}

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const plain = /^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$/;
const ofType = /^([A-Za-z][A-Za-z0-9_]*)\[type eq "([^"\\]+)"\](?:\.value)?$/;

// reading is the expression that reads an attribute, or undefined if its name cannot be used.
export function reading(path: string): string | undefined {
  if (plain.test(path)) return `record.${path}`;
  const typed = ofType.exec(path);
  if (typed !== null) {
    const [, list, type] = typed as unknown as [string, string, string];
    if (list === 'emails') return `email(record.emails, ${quote(type)})`;
    return `first(record.${list}.filter(e, e.type == ${quote(type)}).map(e, e.value))`;
  }
  if (/^urn:/i.test(path)) {
    const at = path.lastIndexOf(':');
    const [urn, rest] = [path.slice(0, at), path.slice(at + 1)];
    if (!plain.test(rest) || /["\\]/.test(urn)) return undefined;
    return urn.toLowerCase() === enterprise.toLowerCase() ? `enterprise.${rest}` : `record[${quote(urn)}].${rest}`;
  }
  return undefined;
}

// written is the expression of some fields. An attribute that cannot be named has none.
export function written(simple: Simple, target: string): string {
  const source = reading(simple.source);
  if (source === undefined) return '';
  const changed = simple.transform === 'asIs' ? source : simple.transform === 'extract' ? `extract(${source}, ${quote(simple.pattern)})` : `${simple.transform}(${source})`;
  switch (simple.nothing) {
    case 'clear':
      return changed;
    case 'keep':
      return `default(${changed}, ${reading(target) ?? 'null'})`;
    case 'text':
      return `default(${changed}, ${quote(simple.text)})`;
  }
}

// read finds the fields of an expression, or none where it is more than fields can say.
export function read(expression: string, target: string): Simple | undefined {
  const wrapped = /^default\((.*), (".*"|[^"]*)\)$/s.exec(expression);
  const kept = reading(target);
  const ways: Simple[] = [];
  const of = (inner: string): Pick<Simple, 'source' | 'transform' | 'pattern'>[] => {
    const extract = /^extract\((.*), (".*")\)$/s.exec(inner);
    const simple = /^(lower|upper|trim)\((.*)\)$/s.exec(inner);
    const all: { source: string; transform: Transform; pattern: string }[] = [{ source: inner, transform: 'asIs', pattern: '' }];
    if (extract !== null) all.push({ source: extract[1] ?? '', transform: 'extract', pattern: unquote(extract[2] ?? '') ?? '' });
    if (simple !== null) all.push({ source: simple[2] ?? '', transform: simple[1] as Transform, pattern: '' });
    return all.flatMap((way) => { const path = named(way.source); return path === undefined ? [] : [{ ...way, source: path }]; });
  };
  for (const way of of(expression)) ways.push({ ...way, nothing: 'clear', text: '' });
  if (wrapped !== null) {
    const [, inner, other] = wrapped as unknown as [string, string, string];
    const text = unquote(other);
    for (const way of of(inner)) {
      if (text !== undefined) ways.push({ ...way, nothing: 'text', text });
      else if (other === (kept ?? 'null')) ways.push({ ...way, nothing: 'keep', text: '' });
    }
  }
  return ways.find((way) => written(way, target) === expression);
}

// named is the attribute that an expression reads.
function named(expression: string): string | undefined {
  const typed = /^email\(record\.emails, ("[^"\\]+")\)$/.exec(expression);
  if (typed !== null) return `emails[type eq ${typed[1]}].value`;
  const first = /^first\(record\.(\w+)\.filter\(e, e\.type == ("[^"\\]+")\)\.map\(e, e\.value\)\)$/.exec(expression);
  if (first !== null) return `${first[1]}[type eq ${first[2]}].value`;
  const urn = /^record\["([^"\\]+)"\]\.([\w.]+)$/.exec(expression);
  if (urn !== null) return `${urn[1]}:${urn[2]}`;
  if (expression.startsWith('enterprise.')) return `${enterprise}:${expression.slice('enterprise.'.length)}`;
  if (expression.startsWith('record.')) return expression.slice('record.'.length);
  return undefined;
}

// quote is a text as the expression language writes it.
function quote(text: string): string {
  return JSON.stringify(text);
}

function unquote(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
