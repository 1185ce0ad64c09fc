import { api, ask, type Schema } from '../../api/client';
import type { Kind } from './words';

// Format is how a file is written.
export type Format = 'csv' | 'jsonl' | 'ldif';

const types = { csv: 'text/csv', jsonl: 'application/jsonl', ldif: 'text/ldif' };

// formatOf guesses a file's format by its name.
export function formatOf(name: string): Format {
  if (/\.(jsonl?|ndjson)$/i.test(name)) return 'jsonl';
  return /\.(ldif?)$/i.test(name) ? 'ldif' : 'csv';
}

// Columns say of headings which attribute they hold; '-' leaves a column out, and what is not named
// is called as the file calls it.
export type Columns = Record<string, string>;

// send uploads a file as it is; the browser streams it. It answers with what the file would do.
export function send(d: string, file: File, format: Format, kind: Kind | '', columns: Columns): Promise<Schema<'Import'>> {
  const named = Object.entries(columns).filter(([, to]) => to.trim() !== '').map(([heading, to]) => `${heading}=${to.trim()}`);
  return ask(api.POST('/directories/{d}/imports', {
    params: { path: { d }, query: { format, name: file.name.slice(0, 256), kind: format === 'csv' && kind !== '' ? kind : undefined, columns: format === 'csv' && named.length > 0 ? named : undefined } },
    headers: { 'Content-Type': types[format] },
    body: file as unknown as string, // the types know of texts alone
    bodySerializer: (body: unknown) => body as File,
  }));
}

// headingsOf reads the headings of a CSV file from its first line.
export async function headingsOf(file: File): Promise<string[]> {
  const start = (await file.slice(0, 64 * 1024).text()).replace(/^\ufeff/, '');
  const between = [',', ';', '\t'].map((c) => ({ c, cells: cells(start, c) })).sort((a, b) => b.cells.length - a.cells.length)[0];
  return [...new Set((between?.cells ?? []).map((cell) => cell.trim()).filter((cell) => cell !== ''))].slice(0, 200);
}

// cells are those of the first line of a text; a cell in quotes may hold anything.
function cells(text: string, between: string): string[] {
  const found = [''];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '"' && quoted && text[i + 1] === '"') { found.push((found.pop() ?? '') + '"'); i++; }
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === '\n' || c === '\r')) break;
    else if (!quoted && c === between) found.push('');
    else found.push((found.pop() ?? '') + c);
  }
  return found;
}
